import { type ConfigStore, type Listener, openMemoryStore, owners, type Service, VersionConflict } from "@pergola/core";
import { beforeEach, describe, expect, it } from "vitest";
import { Transaction } from "./transaction.ts";

const scope = { account: "123456789012", region: "us-west-2" };
const base = { ...scope, createdAt: "2026-11-23T10:00:00.000Z", lastUpdatedAt: "2026-11-23T10:00:00.000Z", tags: {} };
const service: Service = {
  ...base,
  id: "svc-0123456789abcdef0",
  arn: "arn:aws:vpc-lattice:us-west-2:123456789012:service/svc-0123456789abcdef0",
  name: "orders",
  authType: "NONE",
  idleTimeoutSeconds: 60,
  dnsEntry: { domainName: "orders.localhost", hostedZoneId: "Z0" },
};
const serviceKey = { owner: owners.services(scope), id: service.id };
const snapshotKey = { owner: owners.serviceSnapshots, id: service.id };
const item = (id: string) => ({ owner: "things", id });

function listener(id: string, port: number): Listener {
  const defaultAction = { fixedResponse: { statusCode: 404 } };
  const own = {
    serviceId: service.id,
    name: id,
    protocol: "HTTP",
    port,
    defaultAction,
    defaultRuleId: "rule",
  } as const;
  return { ...base, id, arn: `${service.arn}/listener/${id}`, ...own };
}

const listenerKey = (id: string) => ({ owner: owners.listeners(service.id), id });

let store: ConfigStore;
beforeEach(async () => {
  store = openMemoryStore();
  const tx = new Transaction(store);
  tx.create(serviceKey, service);
  tx.create(item("seen"), { n: 1 });
  tx.touchService(service);
  await tx.commit();
});

async function addListener(id: string, port: number): Promise<void> {
  const tx = new Transaction(store);
  tx.create(listenerKey(id), listener(id, port));
  tx.touchService(service);
  await tx.commit();
}

async function portsInForce(): Promise<number[]> {
  const snapshot = (await store.get<{ listeners: { port: number }[] }>(snapshotKey))?.value;
  return (snapshot?.listeners ?? []).map(({ port }) => port);
}

describe("a transaction", () => {
  it("sees its own writes, the store does not before the commit", async () => {
    const tx = new Transaction(store);
    tx.put(item("seen"), { n: 2 });
    tx.create(item("added"), { n: 3 });
    tx.delete(item("seen"));

    expect(await tx.get(item("seen"))).toBeUndefined();
    expect(await tx.get(item("added"))).toEqual({ n: 3 });
    expect(await tx.all("things")).toEqual([{ n: 3 }]);
    expect((await store.list("things")).items.map(({ value }) => value)).toEqual([{ n: 1 }]);
  });

  it.each(["changed", "deleted"])("fails as a whole when something that it only read is %s", async (what) => {
    const tx = new Transaction(store);
    await tx.get(item("seen"));
    tx.create(item("new"), {});
    const other = new Transaction(store);
    if (what === "changed") other.put(item("seen"), { n: 2 });
    else other.delete(item("seen"));
    await other.commit();

    await expect(tx.commit()).rejects.toBeInstanceOf(VersionConflict);
    expect(await store.get(item("new"))).toBeUndefined();
  });

  it("fails when something that it found absent has come", async () => {
    const tx = new Transaction(store);
    expect(await tx.get(item("guard"))).toBeUndefined();
    tx.put(item("new"), {});
    const other = new Transaction(store);
    other.create(item("guard"), {});
    await other.commit();

    await expect(tx.commit()).rejects.toBeInstanceOf(VersionConflict);
  });

  it("that holds a service's lock fails when a child comes after it listed the children", async () => {
    const tx = new Transaction(store);
    await tx.lockService(service);
    expect(await tx.all(owners.listeners(service.id))).toEqual([]);
    await addListener("listener-other", 80);
    tx.create(listenerKey("listener-mine"), listener("listener-mine", 80));

    await expect(tx.commit()).rejects.toBeInstanceOf(VersionConflict);
    expect(await portsInForce()).toEqual([80]);
  });

  it("that touches a service compiles whatever is there when it commits", async () => {
    const tx = new Transaction(store);
    tx.create(listenerKey("listener-a"), listener("listener-a", 1));
    tx.touchService(service);
    await addListener("listener-b", 2);

    await tx.commit();

    expect(await portsInForce()).toEqual([1, 2]);
  });

  it("removes the snapshot of a service that is gone", async () => {
    const tx = new Transaction(store);
    tx.delete(serviceKey);
    tx.touchService(service);
    await tx.commit();

    expect(await store.get(snapshotKey)).toBeUndefined();
  });

  it("of more than 100 items is refused with a reason, not written in part", async () => {
    const tx = new Transaction(store);
    for (let index = 0; index < 101; index += 1) tx.create({ owner: "many", id: String(index) }, {});

    await expect(tx.commit()).rejects.toMatchObject({ code: "ValidationException", fields: { reason: "other" } });
    expect((await store.list("many")).items).toEqual([]);
  });
});
