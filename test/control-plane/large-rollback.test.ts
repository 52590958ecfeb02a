import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import type { ConfigStore } from "@pergola/core";
import { openSqliteStore } from "@pergola/store-sqlite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { inconsistencies } from "../harness/consistency/index.ts";
import { recordKeys, type StoreItem } from "../harness/consistency/store-items.ts";
import { type ControlPlaneHarness, startControlPlane } from "../harness/control-plane.ts";
import { interceptTransactions } from "../harness/intercepted-store.ts";
import { forwardTo, newListener, newRule, newService, newTargetGroup } from "../harness/lattice-resources.ts";

const dir = mkdtempSync(join(tmpdir(), "pergola-rollback-"));
let store: ConfigStore;
let items: () => Promise<StoreItem[]>;
let plane: ControlPlaneHarness;
/** How many items each transaction wrote. */
const transactions: number[] = [];

beforeAll(async () => {
  ({ store, items } = recordKeys(openSqliteStore({ file: join(dir, "store.db") })));
  const counted = interceptTransactions(store, async (writes, transact) => {
    await transact();
    transactions.push(writes.filter(({ kind }) => kind !== "check").length);
  });
  plane = await startControlPlane({ store: { ...counted, maxWrites: store.maxWrites ?? 0 } });
});
afterAll(async () => {
  await plane?.[Symbol.asyncDispose]();
  await store?.close();
  rmSync(dir, { recursive: true });
});

async function makeService(client: VPCLattice): Promise<string> {
  const group = await newTargetGroup(client);
  const targets = [1, 2, 3].map((port) => ({ id: "10.0.0.1", port }));
  await client.registerTargets({ targetGroupIdentifier: group.id, targets });
  const { id } = await newService(client);
  const listener = await newListener(client, id, { defaultAction: forwardTo(group.id) });
  for (const priority of [1, 2, 3]) await newRule(client, id, listener.id, { priority, action: forwardTo(group.id) });
  return id;
}

/** What there is, but for when it was last changed and how it came to be. */
async function state(): Promise<Record<string, string>> {
  const kept = (await items()).filter(({ owner }) => !/\/(?:history|tokens|health)$/.test(owner));
  const plain = (value: unknown): string =>
    JSON.stringify(value, (name, inner) => (name === "lastUpdatedAt" ? undefined : inner));
  return Object.fromEntries(kept.map(({ owner, id, value }) => [`${owner} ${id}`, plain(value)]).sort());
}

it("a rollback of hundreds of changes is one transaction, and everything is as it was", {
  timeout: 60_000,
}, async () => {
  const { client } = plane;
  const early = await Promise.all(Array.from({ length: 20 }, () => makeService(client)));
  const network = await client.createServiceNetwork({ name: "network" });
  const associate = (serviceIdentifier: string) =>
    client.createServiceNetworkServiceAssociation({ serviceIdentifier, serviceNetworkIdentifier: network.id });
  await Promise.all(early.map(associate));
  const [newest] = ((await plane.send("GET", "/pergola/history?maxResults=1")).json as { items: { id: string }[] })
    .items;
  const before = await state();

  const { items: associations = [] } = await client.listServiceNetworkServiceAssociations({
    serviceNetworkIdentifier: network.id,
  });
  for (const { id } of associations.slice(0, 10)) {
    await client.deleteServiceNetworkServiceAssociation({ serviceNetworkServiceAssociationIdentifier: id });
  }
  const alone = associations.slice(0, 10).map(({ serviceId = "" }) => serviceId);
  for (const serviceIdentifier of alone) await client.deleteService({ serviceIdentifier });
  const late = await Promise.all(Array.from({ length: 15 }, () => makeService(client)));
  await Promise.all(late.map(associate));
  expect(await state()).not.toEqual(before);

  transactions.length = 0;
  const answer = await plane.send("POST", "/pergola/rollback", JSON.stringify({ to: newest?.id }));

  expect(answer).toMatchObject({ status: 200, json: { undone: expect.any(Number) } });
  expect(transactions).toHaveLength(1);
  expect(transactions[0]).toBeGreaterThan(400);
  expect(await state()).toEqual(before);
  expect(await inconsistencies(await items())).toEqual([]);
  expect(plane.faults).toEqual([]);
});
