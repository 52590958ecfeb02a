import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ControlPlaneHarness, startControlPlane } from "../harness/control-plane.ts";
import {
  type Created,
  failureOf,
  forwardTo,
  newListener,
  newRule,
  newService,
  newTargetGroup,
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

async function prioritiesInForce(): Promise<[string, number][]> {
  const snapshot = await snapshotOf(plane.store, service.id);
  const compiled = snapshot?.listeners.find(({ id }) => id === listener.id);
  return (compiled?.rules ?? []).map(({ id, priority }) => [id, priority]);
}

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
