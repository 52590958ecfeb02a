import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { type ConfigStore, openMemoryStore } from "@pergola/core";
import { openSqliteStore } from "@pergola/store-sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inconsistencies } from "../harness/consistency/index.ts";
import { recordKeys, type StoreItem } from "../harness/consistency/store-items.ts";
import { type ControlPlaneHarness, startControlPlane } from "../harness/control-plane.ts";
import {
  forwardTo,
  newListener,
  newRule,
  newService,
  newTargetGroup,
  snapshotOf,
} from "../harness/lattice-resources.ts";
import { startRacingPlanes } from "../harness/racing-planes.ts";

const writers = 64;
const policy = JSON.stringify({ Version: "2012-10-17", Statement: [] });

let dir = "";
let store: ConfigStore;
let items: () => Promise<StoreItem[]>;
let planes: readonly ControlPlaneHarness[];
let client: VPCLattice;

interface Way {
  readonly what: string;
  start(): Promise<void>;
}

const ways: readonly Way[] = [
  {
    what: "of one process on SQLite",
    async start() {
      ({ store, items } = recordKeys(openSqliteStore({ file: join(dir, "store.db") })));
      planes = [await startControlPlane({ store })];
    },
  },
  {
    what: "of eight processes on one store",
    async start() {
      ({ store, items } = recordKeys(openMemoryStore()));
      planes = await startRacingPlanes(store, 8);
    },
  },
];

/** Runs the same thing 64 times at once. @returns the outcomes that succeeded, and the names of the errors */
async function atOnce<T>(run: (own: VPCLattice, index: number) => Promise<T>): Promise<{ won: T[]; lost: string[] }> {
  const clientAt = (index: number): VPCLattice => (planes[index % planes.length] as ControlPlaneHarness).client;
  const outcomes = await Promise.allSettled(Array.from({ length: writers }, (_, index) => run(clientAt(index), index)));
  const won = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  const lost = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [String(outcome.reason.name)] : []));
  return { won, lost };
}

describe.each(ways)("64 writers at once $what", ({ start }) => {
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "pergola-writers-"));
    await start();
    [{ client }] = planes as [ControlPlaneHarness];
  });
  afterEach(async () => {
    expect(await inconsistencies(await items())).toEqual([]);
    for (const plane of planes) expect(plane.faults).toEqual([]);
    await Promise.all(planes.map((plane) => plane[Symbol.asyncDispose]()));
    await store.close();
    rmSync(dir, { recursive: true });
  });

  it("that create one name: one succeeds, and every other one is told of the conflict", async () => {
    const { id: serviceIdentifier } = await newService(client);
    const listener = await newListener(client, serviceIdentifier, { port: 9999 });
    const creates: readonly ((own: VPCLattice, index: number) => Promise<unknown>)[] = [
      (own) => newService(own, { name: "same" }),
      (own) => own.createServiceNetwork({ name: "same" }),
      (own) => newTargetGroup(own, { name: "same" }),
      (own, index) => newListener(own, serviceIdentifier, { name: "same", port: 100 + index }),
      (own, index) => newRule(own, serviceIdentifier, listener.id, { name: "same", priority: 100 + index }),
      (own, index) => newRule(own, serviceIdentifier, listener.id, { name: `other-${index}`, priority: 1 }),
    ];
    for (const create of creates) {
      const { won, lost } = await atOnce(create);
      expect(won).toHaveLength(1);
      expect(lost).toEqual(Array(writers - 1).fill("ConflictException"));
    }
  });

  it("that each permute the priorities of a listener's rules: the last one's are there, whole", async () => {
    const service = await newService(client);
    const listener = await newListener(client, service.id);
    const at = { serviceIdentifier: service.id, listenerIdentifier: listener.id };
    const ids: string[] = [];
    for (let priority = 1; priority <= 8; priority += 1) {
      ids.push((await newRule(client, service.id, listener.id, { priority })).id);
    }

    const asked = Array.from({ length: writers }, (_, index) => ids.map((_, rule) => ((rule * 3 + index) % 8) + 1));
    const { won, lost } = await atOnce((own, index) => {
      const rules = ids.map((ruleIdentifier, rule) => ({ ruleIdentifier, priority: asked[index]?.[rule] }));
      return own.batchUpdateRule({ ...at, rules });
    });

    expect(lost).toEqual([]);
    expect(won.flatMap(({ unsuccessful = [] }) => unsuccessful)).toEqual([]);
    const compiled = (await snapshotOf(store, service.id))?.listeners[0]?.rules ?? [];
    const found = ids.map((id) => compiled.find((rule) => rule.id === id)?.priority);
    expect(asked).toContainEqual(found);
  });

  it("that change weights, settings and tags of one service, or register targets: each finds its own afterwards", async () => {
    const service = await newService(client);
    const listener = await newListener(client, service.id);
    const at = { serviceIdentifier: service.id, listenerIdentifier: listener.id };
    const groups = [await newTargetGroup(client), await newTargetGroup(client)] as const;
    const rules: string[] = [];
    for (let index = 0; index < 16; index += 1) {
      const action = forwardTo(groups[0].id, groups[1].id);
      rules.push((await newRule(client, service.id, listener.id, { priority: index + 1, action })).id);
    }
    const target = (index: number) => ({ id: `10.0.1.${index}`, port: 80 });
    const weights = (index: number) => [index, 999 - index];

    const { lost } = await atOnce(async (own, index) => {
      const targetGroupIdentifier = groups[index % 2]?.id;
      if (index % 4 === 0) {
        const targetGroups = groups.map(({ id }, at) => ({ targetGroupIdentifier: id, weight: weights(index)[at] }));
        await own.updateRule({ ...at, ruleIdentifier: rules[index / 4], action: { forward: { targetGroups } } });
      } else if (index % 4 === 1) await own.tagResource({ resourceArn: service.arn, tags: { [`tag-${index}`]: "" } });
      else await own.registerTargets({ targetGroupIdentifier, targets: [target(index)] });
      if (index === 2) await own.putAuthPolicy({ resourceIdentifier: service.id, policy: policy.replace("[]", allow) });
    });

    expect(lost).toEqual([]);
    const snapshot = await snapshotOf(store, service.id);
    const compiled = new Map(snapshot?.listeners[0]?.rules.map(({ id, action }) => [id, action]));
    for (const [index, id] of rules.entries()) {
      const targetGroups = groups.map((group, at) => ({ id: group.id, weight: weights(index * 4)[at] }));
      expect(compiled.get(id)).toEqual({ kind: "forward", targetGroups });
    }
    expect(Object.keys(snapshot?.tags ?? {})).toHaveLength(16);
    expect(snapshot?.authPolicy).toContain("Allow");
    const registered = await Promise.all(groups.map(({ id }) => client.listTargets({ targetGroupIdentifier: id })));
    expect(registered.flatMap(({ items = [] }) => items)).toHaveLength(32);
  });

  it("that register and deregister targets of one group lose none", async () => {
    const { id: targetGroupIdentifier } = await newTargetGroup(client);
    const target = (index: number) => ({ id: `10.0.0.${index}`, port: 80 });
    const early = Array.from({ length: 32 }, (_, index) => target(index));
    await client.registerTargets({ targetGroupIdentifier, targets: early });

    const { won, lost } = await atOnce((own, index) =>
      index < 32
        ? own.deregisterTargets({ targetGroupIdentifier, targets: [target(index)] })
        : own.registerTargets({ targetGroupIdentifier, targets: [target(index), target(index + 64)] }),
    );

    expect(lost).toEqual([]);
    expect(won.flatMap(({ unsuccessful = [] }) => unsuccessful)).toEqual([]);
    const { items: found = [] } = await client.listTargets({ targetGroupIdentifier, maxResults: 100 });
    const byStatus = Object.groupBy(found, ({ status }) => (status === "DRAINING" ? "draining" : "in"));
    expect([byStatus.in?.length, byStatus.draining?.length ?? 0]).toEqual([64, found.length - 64]);
  });
});

const allow = JSON.stringify([{ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" }]);
