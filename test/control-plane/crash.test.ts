import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { type ConfigStore, openMemoryStore, owners } from "@pergola/core";
import { describe, expect, it } from "vitest";
import { startControlPlane } from "../harness/control-plane.ts";
import { interceptTransactions } from "../harness/intercepted-store.ts";
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

type Cut = "before" | "after";

/** @returns the store, without power from just before or just after its nth transaction is durable */
function failingStore(store: ConfigStore, nth: number, cut: Cut): { store: ConfigStore; reached(): boolean } {
  let count = 0;
  const failing = interceptTransactions(store, async (_, transact) => {
    count += 1;
    if (count < nth || (count === nth && cut === "after")) await transact();
    if (count >= nth) throw new Error("the power is off");
  });
  return { store: failing, reached: () => count >= nth };
}

interface Scene {
  readonly store: ConfigStore;
  readonly service: Created;
  readonly listener: Created;
  readonly groups: readonly [Created, Created];
  readonly rules: readonly [Created, Created];
}

/** A service with a listener and two rules, of which the first forwards to the first of two groups. */
async function scene(): Promise<Scene> {
  const store = openMemoryStore();
  await using plane = await startControlPlane({ store });
  const { client } = plane;
  const service = await newService(client);
  const listener = await newListener(client, service.id);
  const groups = [await newTargetGroup(client), await newTargetGroup(client)] as const;
  const rules = [
    await newRule(client, service.id, listener.id, { priority: 1, action: forwardTo(groups[0].id) }),
    await newRule(client, service.id, listener.id, { priority: 2 }),
  ] as const;
  return { store, service, listener, groups, rules };
}

/** What a client can see of a scene, and what the data plane and health checks read of it. */
async function observe({ store, service, listener, groups }: Scene): Promise<unknown> {
  await using plane = await startControlPlane({ store });
  const { items: services } = await plane.client.listServices({});
  return {
    services,
    listeners: (await store.list(owners.listeners(service.id))).items.map(({ value }) => value),
    rules: (await store.list(owners.rules(listener.id))).items.map(({ value }) => value),
    groups: await Promise.all(groups.map(({ id }) => plane.store.get({ owner: owners.checkedGroups, id }))),
    uses: await Promise.all(groups.map(async ({ id }) => (await store.list(owners.uses(id))).items)),
    snapshot: await snapshotOf(store, service.id),
  };
}

const labelsOf = ({ service, listener }: Scene) => ({
  serviceIdentifier: service.id,
  listenerIdentifier: listener.id,
});

type Change = (client: VPCLattice, scene: Scene) => Promise<unknown>;
const changes: Readonly<Record<string, Change>> = {
  CreateService: (client) => client.createService({ name: "second", clientToken: "once" }),
  UpdateService: (client, { service }) => client.updateService({ serviceIdentifier: service.id, authType: "AWS_IAM" }),
  CreateListener: (client, { service, groups }) => {
    const defaultAction = forwardTo(groups[1].id);
    const input = { name: "second", protocol: "HTTPS", defaultAction, clientToken: "once" } as const;
    return client.createListener({ serviceIdentifier: service.id, ...input });
  },
  UpdateListener: (client, scene) =>
    client.updateListener({ ...labelsOf(scene), defaultAction: forwardTo(scene.groups[1].id) }),
  CreateRule: (client, { service, listener, groups }) => {
    const action = forwardTo(groups[0].id, groups[1].id);
    return client.createRule(
      ruleInput(service.id, listener.id, { name: "third", priority: 3, action, clientToken: "once" }),
    );
  },
  UpdateRule: (client, scene) =>
    client.updateRule({ ...labelsOf(scene), ruleIdentifier: scene.rules[0].id, action: forwardTo(scene.groups[1].id) }),
  BatchUpdateRule: (client, scene) =>
    client.batchUpdateRule({
      ...labelsOf(scene),
      rules: [
        { ruleIdentifier: scene.rules[0].id, priority: 2, action: errorAction },
        { ruleIdentifier: scene.rules[1].id, priority: 1, action: forwardTo(scene.groups[1].id) },
      ],
    }),
};
const deletions: Readonly<Record<string, Change>> = {
  DeleteRule: (client, scene) => client.deleteRule({ ...labelsOf(scene), ruleIdentifier: scene.rules[0].id }),
  DeleteListener: (client, scene) => client.deleteListener(labelsOf(scene)),
  DeleteService: (client, { service }) => client.deleteService({ serviceIdentifier: service.id }),
};

async function runCutOff(stage: Scene, change: Change, cut: Cut): Promise<void> {
  const { store, reached } = failingStore(stage.store, 1, cut);
  await using plane = await startControlPlane({ store });
  const failure = await failureOf(change(plane.client, stage));
  expect(reached()).toBe(true);
  expect(failure.name).toBe("InternalServerException");
}

async function run(stage: Scene, change: Change): Promise<unknown> {
  await using plane = await startControlPlane({ store: stage.store });
  return await change(plane.client, stage);
}

describe.each(Object.entries({ ...changes, ...deletions }))("%s", (name, change) => {
  it("that is cut off before it is durable has changed nothing, and can be done again", async () => {
    const stage = await scene();
    const before = await observe(stage);

    await runCutOff(stage, change, "before");

    expect(await observe(stage)).toEqual(before);
    await run(stage, change);
    expect(await observe(stage)).not.toEqual(before);
  });

  it("that is cut off when it is durable is whole, and a client's retry does no harm", async () => {
    const stage = await scene();

    await runCutOff(stage, change, "after");
    const after = await observe(stage);
    const retry = run(stage, change);

    if (name in deletions) expect(await failureOf(retry)).toMatchObject({ name: "ResourceNotFoundException" });
    else await retry;
    expect(withoutTimes(await observe(stage))).toEqual(withoutTimes(after));
  });
});

/** An update that is done twice moves `lastUpdatedAt` and the versions of the items; nothing else may differ. */
function withoutTimes(seen: unknown): unknown {
  const json = JSON.stringify(seen, (key, value) => (["lastUpdatedAt", "version"].includes(key) ? undefined : value));
  return JSON.parse(json);
}

describe("the deletion of a listener with more rules than a transaction holds", () => {
  const ruleCount = 70;

  async function bigScene(): Promise<Scene> {
    const stage = await scene();
    await using plane = await startControlPlane({ store: stage.store });
    for (let index = 2; index < ruleCount; index += 1) {
      const input = { priority: index + 1, action: forwardTo(stage.groups[index % 2]?.id ?? "") };
      await newRule(plane.client, stage.service.id, stage.listener.id, input);
    }
    return stage;
  }

  it.each(["DeleteListener", "DeleteService"])(
    "by %s, cut off anywhere, never leaves a part of the rules in force",
    async (name) => {
      const change = deletions[name] as Change;
      let cutOff = 0;
      for (let nth = 1; ; nth += 1) {
        const stage = await bigScene();
        const { store, reached } = failingStore(stage.store, nth, nth % 2 === 0 ? "before" : "after");
        await using plane = await startControlPlane({ store });
        await change(plane.client, stage).catch(() => undefined);
        if (!reached()) break;
        cutOff += 1;

        const listeners = (await snapshotOf(stage.store, stage.service.id))?.listeners ?? [];
        expect([0, ruleCount]).toContain(listeners[0]?.rules.length ?? 0);
        await expectFinished(stage, change);
      }
      expect(cutOff).toBeGreaterThan(2);
    },
  );

  async function expectFinished(stage: Scene, change: Change): Promise<void> {
    await using plane = await startControlPlane({ store: stage.store });
    const { client } = plane;
    const labels = labelsOf(stage);
    const [listener] = (await stage.store.list(owners.listeners(stage.service.id))).items;
    if ((listener?.value as { deleting?: true } | undefined)?.deleting === true) {
      const input = ruleInput(stage.service.id, stage.listener.id, { priority: 1999 });
      expect(await failureOf(client.createRule(input))).toMatchObject({ name: "ConflictException" });
      expect(await failureOf(client.updateListener({ ...labels, defaultAction: notFoundAction }))).toMatchObject({
        name: "ConflictException",
      });
    }
    await change(client, stage).catch((error: Error) => expect(error.name).toBe("ResourceNotFoundException"));
    expect((await stage.store.list(owners.rules(stage.listener.id))).items).toEqual([]);
    expect((await stage.store.list(owners.listeners(stage.service.id))).items).toEqual([]);
    for (const { id } of stage.groups) await client.deleteTargetGroup({ targetGroupIdentifier: id });
  }
});
