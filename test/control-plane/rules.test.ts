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
  type ruleInput,
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
