import type { RuleMatch } from "@aws-sdk/client-vpc-lattice";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ControlPlaneHarness, startControlPlane } from "../harness/control-plane.ts";
import {
  type Created,
  errorAction,
  failureOf,
  forwardTo,
  newListener,
  newRule,
  newService,
  newTargetGroup,
  notFoundAction,
  ruleInput,
  snapshotOf,
} from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
let service: Created;
let listener: Created;
let labels: { serviceIdentifier: string; listenerIdentifier: string };
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});
beforeEach(async () => {
  service = await newService(plane.client);
  listener = await newListener(plane.client, service.id);
  labels = { serviceIdentifier: service.id, listenerIdentifier: listener.id };
});

const rule = (...input: Parameters<typeof ruleInput> extends [string, string, ...infer R] ? R : never) =>
  newRule(plane.client, service.id, listener.id, ...input);

async function defaultRuleId(): Promise<string> {
  const { items = [] } = await plane.client.listRules(labels);
  return items.find(({ isDefault }) => isDefault)?.id ?? "";
}

async function prioritiesInForce(): Promise<[string, number][]> {
  const snapshot = await snapshotOf(plane.store, service.id);
  const compiled = snapshot?.listeners.find(({ id }) => id === listener.id);
  return (compiled?.rules ?? []).map(({ id, priority }) => [id, priority]);
}

describe("CreateRule", () => {
  it("answers the rule as it was sent, without isDefault", async () => {
    const input = ruleInput(service.arn, listener.arn, { name: "api", priority: 10 });

    const { $metadata, ...answer } = await plane.client.createRule(input);

    expect($metadata.httpStatusCode).toBe(201);
    expect(answer).toEqual({
      arn: `${listener.arn}/rule/${answer.id}`,
      id: expect.stringMatching(/^rule-0[0-9a-f]{16}$/),
      name: "api",
      match: input.match,
      priority: 10,
      action: notFoundAction,
    });
    expect((await snapshotOf(plane.store, service.id))?.listeners[0]?.rules).toEqual([
      { id: answer.id, priority: 10, match: input.match, action: { kind: "fixed-response", statusCode: 404 } },
    ]);
  });

  const longPath = `/${"a".repeat(199)}`;
  const header = { name: "x-env", match: { exact: "beta" } };
  const echoed: readonly { what: string; match: RuleMatch }[] = [
    { what: "a method only", match: { httpMatch: { method: "GET" } } },
    { what: "a method of its own", match: { httpMatch: { method: "X-PURGE" } } },
    {
      what: "caseSensitive false",
      match: { httpMatch: { pathMatch: { match: { exact: "/A" }, caseSensitive: false } } },
    },
    {
      what: "caseSensitive true",
      match: { httpMatch: { pathMatch: { match: { prefix: "/A" }, caseSensitive: true } } },
    },
    { what: "caseSensitive unset", match: { httpMatch: { pathMatch: { match: { prefix: "/a" } } } } },
    { what: "no headers", match: { httpMatch: { method: "GET", headerMatches: [] } } },
    { what: "the longest path", match: { httpMatch: { pathMatch: { match: { exact: longPath } } } } },
    { what: "every character of paths", match: { httpMatch: { pathMatch: { match: { exact: "/a0@:%_+.~#?&/=-" } } } } },
    {
      what: "five headers, repeated ones too",
      match: {
        httpMatch: {
          headerMatches: [
            header,
            { ...header, caseSensitive: false },
            { name: "X-Env", match: { prefix: "b" }, caseSensitive: true },
            { name: "x-e", match: { contains: "é \u0000" } },
            { name: "h".repeat(100), match: { exact: "v".repeat(200) } },
          ],
        },
      },
    },
  ];

  it.each(echoed)("keeps $what as sent", async ({ match }) => {
    const { id: ruleIdentifier } = await rule({ match });

    const { match: stored } = await plane.client.getRule({ ...labels, ruleIdentifier });

    expect(stored).toEqual(match);
    expect((await snapshotOf(plane.store, service.id))?.listeners[0]?.rules[0]?.match).toEqual(match);
  });

  const good = { httpMatch: { pathMatch: { match: { prefix: "/" } } } };
  const path = (exact: string) => ({ match: { httpMatch: { pathMatch: { match: { exact } } } } });
  const headers = (...headerMatches: object[]) => ({ match: { httpMatch: { headerMatches } } });
  const refused: readonly [field: string, changes: Record<string, unknown>][] = [
    ["name", { name: "rule-a" }],
    ["name", { name: "a".repeat(64) }],
    ["name", { name: "" }],
    ["priority", { priority: 0 }],
    ["priority", { priority: 2001 }],
    ["priority", { priority: 1.5 }],
    ["priority", { priority: undefined }],
    ["match", { match: undefined }],
    ["action", { action: undefined }],
    ["match.httpMatch", { match: { httpMatch: {} } }],
    ["match.httpMatch", { match: { httpMatch: { headerMatches: [] } } }],
    ["match.httpMatch.method", { match: { httpMatch: { method: "" } } }],
    ["match.httpMatch.method", { match: { httpMatch: { method: "GET POST" } } }],
    ["match.httpMatch.method", { match: { httpMatch: { method: "M".repeat(17) } } }],
    ["match.httpMatch.pathMatch.match", { match: { httpMatch: { pathMatch: {} } } }],
    ["match.httpMatch.pathMatch.match.exact", path("")],
    ["match.httpMatch.pathMatch.match.exact", path("a")],
    ["match.httpMatch.pathMatch.match.exact", path("/*")],
    ["match.httpMatch.pathMatch.match.exact", path("/ä")],
    ["match.httpMatch.pathMatch.match.exact", path("/a\n")],
    ["match.httpMatch.pathMatch.match.exact", path(`/${"a".repeat(200)}`)],
    ["match.httpMatch.headerMatches", headers(header, header, header, header, header, header)],
    ["match.httpMatch.headerMatches[0].name", headers({ match: { exact: "a" } })],
    ["match.httpMatch.headerMatches[0].name", headers({ name: "h".repeat(101), match: { exact: "a" } })],
    ["match.httpMatch.headerMatches[1].match", headers(header, { name: "a" })],
    ["match.httpMatch.headerMatches[0].match.contains", headers({ name: "a", match: { contains: "" } })],
    ["match.httpMatch.headerMatches[0].match.prefix", headers({ name: "a", match: { prefix: "v".repeat(201) } })],
    ["action.fixedResponse.statusCode", { action: { fixedResponse: { statusCode: 503 } } }],
    ["action.fixedResponse.statusCode", { action: { fixedResponse: {} } }],
    ["action.forward.targetGroups", { action: { forward: {} } }],
    ["action.forward.targetGroups[0].targetGroupIdentifier", { action: { forward: { targetGroups: [{}] } } }],
    ["clientToken", { clientToken: "" }],
  ];

  it.each(refused)("refuses a bad %s: %j", async (field, changes) => {
    const body = { name: "api", priority: 1, match: good, action: notFoundAction, ...changes };

    const answer = await plane.send(
      "POST",
      `/services/${service.id}/listeners/${listener.id}/rules`,
      JSON.stringify(body),
    );

    expect(answer).toMatchObject({
      status: 400,
      json: { reason: "fieldValidationFailed", fieldList: [{ name: field }] },
    });
    expect(await prioritiesInForce()).toEqual([]);
  });

  it("refuses a taken priority and a taken name of the listener", async () => {
    const { id } = await rule({ name: "api", priority: 7 });

    const priority = await failureOf(rule({ priority: 7 }));
    const name = await failureOf(rule({ name: "api", priority: 8 }));

    for (const failure of [priority, name]) {
      expect(failure).toMatchObject({ name: "ConflictException", resourceType: "RULE", resourceId: id });
      expect(failure.message).toContain("already exist");
    }
    const second = await newListener(plane.client, service.id, { port: 81 });
    await newRule(plane.client, service.id, second.id, { name: "api", priority: 7 });
  });

  it("forwards by weights as sent, also of 0, and by id where an ARN was sent", async () => {
    const [one, two] = [await newTargetGroup(plane.client), await newTargetGroup(plane.client)];
    const targetGroups = [
      { targetGroupIdentifier: one.arn, weight: 0 },
      { targetGroupIdentifier: two.id, weight: 999 },
    ];

    const { id: ruleIdentifier } = await rule({ action: { forward: { targetGroups } } });

    const { action } = await plane.client.getRule({ ...labels, ruleIdentifier });
    expect(action).toEqual({ forward: { targetGroups } });
    expect((await snapshotOf(plane.store, service.id))?.listeners[0]?.rules[0]?.action).toEqual({
      kind: "forward",
      targetGroups: [
        { id: one.id, weight: 0 },
        { id: two.id, weight: 999 },
      ],
    });
  });

  it("has no limit of ten rules, which on AWS is a quota that can be raised", async () => {
    for (let priority = 2000; priority > 1985; priority -= 1) await rule({ priority });

    const priorities = (await prioritiesInForce()).map(([, priority]) => priority);

    expect(priorities).toEqual(Array.from({ length: 15 }, (_, index) => 1986 + index));
  });

  it("with a client token is answered once more with the same rule", async () => {
    const input = ruleInput(service.id, listener.id, { clientToken: "once" });

    const [first, second] = [await plane.client.createRule(input), await plane.client.createRule(input)];

    expect(second.id).toBe(first.id);
    expect(await prioritiesInForce()).toHaveLength(1);
  });
});

describe("a rule's ARN", () => {
  it("has to name a rule of the listener and service that are named beside it", async () => {
    const other = await newListener(plane.client, service.id, { port: 81 });
    const there = await newRule(plane.client, service.id, other.id);

    const byArn = await failureOf(plane.client.getRule({ ...labels, ruleIdentifier: there.arn }));
    const byId = await failureOf(plane.client.updateRule({ ...labels, ruleIdentifier: there.id, priority: 2 }));

    expect(byArn).toMatchObject({ name: "ValidationException", fieldList: [{ name: "ruleIdentifier" }] });
    expect(byId).toMatchObject({ name: "ResourceNotFoundException", resourceType: "RULE", resourceId: there.id });
  });

  it("stands for its id", async () => {
    const { arn, id } = await rule();

    const found = await plane.client.getRule({
      serviceIdentifier: service.arn,
      listenerIdentifier: listener.arn,
      ruleIdentifier: arn,
    });

    expect(found.id).toBe(id);
  });
});

describe("the default rule", () => {
  it("comes with the listener, has neither match nor priority, and is listed", async () => {
    const { id } = await rule();

    const { items = [] } = await plane.client.listRules(labels);
    const { $metadata: _, ...found } = await plane.client.getRule({ ...labels, ruleIdentifier: await defaultRuleId() });

    expect(items.map((item) => [item.id === id, item.isDefault]).sort()).toEqual([
      [false, true],
      [true, false],
    ]);
    expect(found).toEqual({
      arn: expect.stringContaining(`${listener.arn}/rule/rule-`),
      id: expect.any(String),
      name: "default",
      isDefault: true,
      action: notFoundAction,
      createdAt: expect.any(Date),
      lastUpdatedAt: expect.any(Date),
    });
  });

  it("cannot be updated or deleted", async () => {
    const ruleIdentifier = await defaultRuleId();

    const failures = [
      await failureOf(plane.client.updateRule({ ...labels, ruleIdentifier, action: errorAction })),
      await failureOf(plane.client.deleteRule({ ...labels, ruleIdentifier })),
    ];
    const { successful, unsuccessful } = await plane.client.batchUpdateRule({
      ...labels,
      rules: [{ ruleIdentifier, priority: 5 }],
    });

    for (const failure of failures) {
      expect(failure).toMatchObject({ name: "ValidationException", fieldList: [{ name: "ruleIdentifier" }] });
    }
    expect(successful).toEqual([]);
    expect(unsuccessful).toMatchObject([{ ruleIdentifier, failureCode: "ValidationException" }]);
    expect(await prioritiesInForce()).toEqual([]);
  });
});

describe("UpdateRule", () => {
  it("keeps members that are left out and replaces a match as a whole", async () => {
    const match = { httpMatch: { method: "GET", pathMatch: { match: { prefix: "/a" } } } };
    const { id: ruleIdentifier } = await rule({ priority: 5, match });

    await plane.client.updateRule({ ...labels, ruleIdentifier, match: { httpMatch: { method: "PUT" } } });
    await plane.client.updateRule({ ...labels, ruleIdentifier, priority: 6 });
    const { $metadata: _, ...answer } = await plane.client.updateRule({
      ...labels,
      ruleIdentifier,
      action: errorAction,
    });

    expect(answer).toEqual({
      arn: expect.any(String),
      id: ruleIdentifier,
      name: expect.any(String),
      isDefault: false,
      match: { httpMatch: { method: "PUT" } },
      priority: 6,
      action: errorAction,
    });
    expect((await snapshotOf(plane.store, service.id))?.listeners[0]?.rules).toEqual([
      {
        id: ruleIdentifier,
        priority: 6,
        match: { httpMatch: { method: "PUT" } },
        action: { kind: "fixed-response", statusCode: 500 },
      },
    ]);
  });

  it("may give a rule the priority that it has, not that of another", async () => {
    const [one, two] = [await rule({ priority: 1 }), await rule({ priority: 2 })];

    await plane.client.updateRule({ ...labels, ruleIdentifier: one.id, priority: 1 });
    const failure = await failureOf(plane.client.updateRule({ ...labels, ruleIdentifier: one.id, priority: 2 }));

    expect(failure).toMatchObject({ name: "ConflictException", resourceType: "RULE", resourceId: two.id });
    expect(await prioritiesInForce()).toEqual([
      [one.id, 1],
      [two.id, 2],
    ]);
  });
});

describe("BatchUpdateRule", () => {
  it("swaps priorities", async () => {
    const [one, two] = [await rule({ priority: 1 }), await rule({ priority: 2 })];

    const { successful, unsuccessful } = await plane.client.batchUpdateRule({
      ...labels,
      rules: [
        { ruleIdentifier: one.id, priority: 2 },
        { ruleIdentifier: two.arn, priority: 1 },
      ],
    });

    expect(successful?.map(({ id, priority, isDefault }) => [id, priority, isDefault])).toEqual([
      [one.id, 2, false],
      [two.id, 1, false],
    ]);
    expect(unsuccessful).toEqual([]);
    expect(await prioritiesInForce()).toEqual([
      [two.id, 1],
      [one.id, 2],
    ]);
  });

  it("reports what cannot be and does the rest", async () => {
    const other = await newListener(plane.client, service.id, { port: 81 });
    const elsewhere = await newRule(plane.client, service.id, other.id);
    const [one, two, three, four] = [
      await rule({ priority: 1 }),
      await rule({ priority: 2 }),
      await rule({ priority: 3 }),
      await rule({ priority: 4 }),
    ];
    const missing = "rule-00000000000000000";

    const { successful, unsuccessful } = await plane.client.batchUpdateRule({
      ...labels,
      rules: [
        { ruleIdentifier: one.id, priority: 9 },
        { ruleIdentifier: missing, priority: 10 },
        { ruleIdentifier: two.id, priority: 4 },
        { ruleIdentifier: three.id, priority: 20, action: forwardTo("tg-00000000000000000") },
        { ruleIdentifier: elsewhere.arn, priority: 11 },
      ],
    });

    expect(successful?.map(({ id }) => id)).toEqual([one.id]);
    expect(unsuccessful?.map((failure) => [failure.ruleIdentifier, failure.failureCode])).toEqual([
      [missing, "ResourceNotFoundException"],
      [two.id, "ConflictException"],
      [three.id, "ResourceNotFoundException"],
      [elsewhere.arn, "ValidationException"],
    ]);
    expect(await prioritiesInForce()).toEqual([
      [two.id, 2],
      [three.id, 3],
      [four.id, 4],
      [one.id, 9],
    ]);
  });

  it("moves groups between rules of one service", async () => {
    const [groupA, groupB] = [await newTargetGroup(plane.client), await newTargetGroup(plane.client)];
    const one = await rule({ priority: 1, action: forwardTo(groupA.id) });
    const two = await rule({ priority: 2, action: forwardTo(groupB.id) });

    await plane.client.batchUpdateRule({
      ...labels,
      rules: [
        { ruleIdentifier: one.id, action: forwardTo(groupB.id) },
        { ruleIdentifier: two.id, action: forwardTo(groupA.id) },
      ],
    });
    await plane.client.deleteRule({ ...labels, ruleIdentifier: one.id });

    const { serviceArns } = await plane.client.getTargetGroup({ targetGroupIdentifier: groupA.id });
    expect(serviceArns).toEqual([service.arn]);
    await plane.client.deleteTargetGroup({ targetGroupIdentifier: groupB.id });
  });

  it.each([
    ["no rule", () => [], "rules"],
    ["eleven rules", (id: string) => Array(11).fill({ ruleIdentifier: id }), "rules"],
    ["a rule twice", (id: string) => [{ ruleIdentifier: id }, { ruleIdentifier: id }], "rules[1].ruleIdentifier"],
    ["a bad priority", (id: string) => [{ ruleIdentifier: id, priority: 0 }], "rules[0].priority"],
    ["a rule without identifier", () => [{ priority: 1 }], "rules[0].ruleIdentifier"],
  ])("refuses %s as a whole", async (_, rules, field) => {
    const { id } = await rule({ priority: 3 });
    const before = await snapshotOf(plane.store, service.id);

    const answer = await plane.send(
      "PATCH",
      `/services/${service.id}/listeners/${listener.id}/rules`,
      JSON.stringify({ rules: rules(id) }),
    );

    expect(answer).toMatchObject({ status: 400, json: { fieldList: [{ name: field }] } });
    expect(await snapshotOf(plane.store, service.id)).toEqual(before);
  });

  it("refuses what does not fit into one transaction, and says so", async () => {
    const groups: string[] = [];
    for (let index = 0; index < 100; index += 1) groups.push((await newTargetGroup(plane.client)).id);
    const rules: { ruleIdentifier: string; action: ReturnType<typeof forwardTo> }[] = [];
    for (let index = 0; index < 10; index += 1) {
      const { id } = await rule({ priority: index + 1 });
      rules.push({ ruleIdentifier: id, action: forwardTo(...groups.slice(10 * index, 10 * index + 10)) });
    }

    const failure = await failureOf(plane.client.batchUpdateRule({ ...labels, rules }));

    expect(failure).toMatchObject({ name: "ValidationException", reason: "other" });
    expect(failure.message).toContain("at most 100");
  });
});

describe("DeleteRule", () => {
  it("frees name, priority and groups", async () => {
    const group = await newTargetGroup(plane.client);
    const { id: ruleIdentifier } = await rule({ name: "api", priority: 1, action: forwardTo(group.id) });

    const { $metadata } = await plane.client.deleteRule({ ...labels, ruleIdentifier });

    expect($metadata.httpStatusCode).toBe(204);
    expect(await prioritiesInForce()).toEqual([]);
    expect(await failureOf(plane.client.deleteRule({ ...labels, ruleIdentifier }))).toMatchObject({
      name: "ResourceNotFoundException",
      resourceType: "RULE",
    });
    await rule({ name: "api", priority: 1 });
    await plane.client.deleteTargetGroup({ targetGroupIdentifier: group.id });
  });
});

it("ListRules pages through a listener's rules, without their matches and actions", async () => {
  for (let priority = 1; priority <= 4; priority += 1) await rule({ priority });

  const first = await plane.client.listRules({ ...labels, maxResults: 3 });
  const second = await plane.client.listRules({ ...labels, maxResults: 3, nextToken: first.nextToken ?? "" });

  const items = [...(first.items ?? []), ...(second.items ?? [])];
  expect(items.map(({ priority }) => priority ?? 0).sort()).toEqual([0, 1, 2, 3, 4]);
  expect(second.nextToken).toBeUndefined();
  for (const item of items) expect(item).not.toHaveProperty("match");
  for (const item of items) expect(item).not.toHaveProperty("action");
});
