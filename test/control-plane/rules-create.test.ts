import type { RuleMatch } from "@aws-sdk/client-vpc-lattice";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ControlPlaneHarness, startControlPlane } from "../harness/control-plane.ts";
import {
  type Created,
  failureOf,
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
            { name: "x-e", match: { contains: "é \t" } },
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

  it("with a client token is answered once more with the same rule", async () => {
    const input = ruleInput(service.id, listener.id, { clientToken: "once" });

    const [first, second] = [await plane.client.createRule(input), await plane.client.createRule(input)];

    expect(second.id).toBe(first.id);
    expect(await prioritiesInForce()).toHaveLength(1);
  });
});
