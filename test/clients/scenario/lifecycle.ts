import { expect } from "vitest";
import type { Step } from "./step.ts";

/** A kind of resource, from its creation to the 404 after its deletion, the way that Terraform's provider goes. */
export interface Lifecycle {
  /** The kind in words. */
  readonly kind: string;
  /** Prefix of its variables: `service` saves `service.id` and `service.arn`. */
  readonly name: string;
  /** `resourceType` of its errors. */
  readonly type: string;
  /** What has to be there before. */
  readonly before?: readonly Step[];
  readonly create: Step;
  readonly id: RegExp;
  /** Whether a second one of the same name, or between the same two resources, is a conflict. */
  readonly unique: boolean;
  /** Whether it has a status to wait for. */
  readonly settles: boolean;
  readonly get: Step;
  /** What Get shows of what Create took: Terraform compares it and plans a change for every difference. */
  readonly shows: Readonly<Record<string, unknown>>;
  /** What Get does not have, where a client would take it for a change. */
  readonly hides?: readonly string[];
  readonly list: Step;
  /** What a list's item shows beside id and ARN. */
  readonly listed: Readonly<Record<string, unknown>>;
  readonly updates?: readonly { readonly step: Step; readonly shows: Readonly<Record<string, unknown>> }[];
  /** What else there is to do with it. */
  readonly meanwhile?: readonly Step[];
  readonly remove: Step;
  /** What has to go afterwards, so that nothing is left. */
  readonly after?: readonly Step[];
}

/** Tags that every resource is created with. */
export const tags = { "pergola:kind": "{run}", empty: "" };

/** @returns create, read back, compare, conflict, list, tag, update, compare, delete, 404: in this order */
export function stepsOf(lifecycle: Lifecycle): readonly Step[] {
  const { before = [], meanwhile = [], after = [] } = lifecycle;
  return [
    ...before,
    ...creation(lifecycle),
    ...reading(lifecycle),
    ...tagging(lifecycle),
    ...updating(lifecycle),
    ...meanwhile,
    ...removal(lifecycle),
    ...after,
  ];
}

function creation({ name, type, create, id, unique, settles }: Lifecycle): Step[] {
  const clientToken = `{run}-${name}`;
  const first = {
    ...create,
    with: { ...create.with, tags, clientToken },
    gives: { ...create.gives, id: expect.stringMatching(id), ...(settles ? { status: inProgress } : {}) },
    saves: { ...create.saves, [`${name}.id`]: "id", [`${name}.arn`]: "arn" },
  } as Step;
  // The same token again is the same request: the same answer, and no second resource. With anything else in it, it is a conflict.
  const again = { ...first, gives: { id: `{${name}.id}`, arn: `{${name}.arn}` }, saves: {} } as Step;
  const reused = {
    ...create,
    with: { ...create.with, tags: { other: "tag" }, clientToken },
    gives: {},
    fails: { type: "ConflictException", members: { resourceType: type, resourceId: `{${name}.id}` } },
  } as Step;
  const named = "name" in (create.with ?? {});
  const second = {
    ...create,
    fails: { type: "ConflictException", says: named ? "already exist" : "already" },
  } as Step;
  return [first, again, reused, ...(unique ? [second] : [])];
}

const inProgress = expect.stringMatching(/^(CREATE_IN_PROGRESS|ACTIVE|PENDING)$/);

/** A time as any client writes it. */
export const aTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);

function reading({ name, settles, get, shows, hides = [], list, listed }: Lifecycle): Step[] {
  const [id, arn] = [`{${name}.id}`, `{${name}.arn}`];
  const shown = { id, arn, ...shows, ...(settles ? { status: "ACTIVE" } : {}), createdAt: aTime };
  const item = { id, arn, ...listed };
  const onItsOwn = { ...list, gives: { items: expect.arrayContaining([expect.objectContaining(item)]) } };
  return [
    { ...get, gives: shown, lacks: ["nextToken", ...hides], until: true },
    { ...get, with: byArn(get.with, id, arn), gives: shown },
    { ...onItsOwn, pageSize: 1 },
    onItsOwn,
  ] as Step[];
}

function byArn(input: Step["with"], id: string, arn: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input ?? {}).map(([member, value]) => [member, value === id ? arn : value]));
}

function tagging({ name }: Lifecycle): Step[] {
  const resourceArn = `{${name}.arn}`;
  const exactly = (left: Record<string, string>) => ({
    call: "ListTagsForResource" as const,
    with: { resourceArn },
    gives: { tags: expect.toSatisfy((given) => sameTags(given, left), JSON.stringify(left)) },
  });
  return [
    { call: "ListTagsForResource", with: { resourceArn }, gives: { tags } },
    { call: "TagResource", with: { resourceArn, tags: { empty: "no more", third: "3" } } },
    { call: "UntagResource", with: { resourceArn, tagKeys: ["pergola:kind", "never-there"] } },
    exactly({ empty: "no more", third: "3" }),
    { call: "UntagResource", with: { resourceArn, tagKeys: ["empty", "third"] } },
    exactly({}),
  ];
}

function sameTags(given: unknown, left: Record<string, string>): boolean {
  const sorted = (tags: object): string => JSON.stringify(Object.entries(tags).sort());
  return typeof given === "object" && given !== null && sorted(given) === sorted(left);
}

function updating({ get, updates = [] }: Lifecycle): Step[] {
  return updates.flatMap(({ step, shows }) => [step, { ...get, gives: shows, until: true } as Step]);
}

function removal({ name, type, get, list, remove }: Lifecycle): Step[] {
  const gone = { type: "ResourceNotFoundException", members: { resourceType: type, resourceId: `{${name}.id}` } };
  return [
    remove,
    { ...get, fails: gone },
    { ...remove, fails: gone },
    { ...list, gives: { items: expect.not.arrayContaining([expect.objectContaining({ id: `{${name}.id}` })]) } },
  ] as Step[];
}
