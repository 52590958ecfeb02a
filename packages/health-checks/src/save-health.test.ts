import { type ConfigStore, openMemoryStore, owners, type Target, type TargetHealth, type Write } from "@pergola/core";
import { beforeEach, expect, it } from "vitest";
import { saveHealth } from "./save-health.ts";

const groupId = "tg-0123456789abcdef0";
const target = (port: number): Target => ({ targetGroupId: groupId, id: "10.0.0.1", port, registeredAt: "" });
const health = (status: TargetHealth["status"]): TargetHealth => ({ status, since: "2026-11-25T10:00:00.000Z" });

let store: ConfigStore;
let transactions: (readonly Write[])[];
let failing: boolean;
beforeEach(() => {
  const memory = openMemoryStore();
  transactions = [];
  failing = false;
  store = {
    ...memory,
    transact: async (writes) => {
      transactions.push(writes);
      if (failing) throw new Error("the disk is full");
      await memory.transact(writes);
    },
  };
});

it("what is found out at one time is saved in few transactions, all of it", async () => {
  const save = saveHealth(store);

  await Promise.all(Array.from({ length: 250 }, (_, port) => save(groupId, target(port + 1), health("HEALTHY"))));

  expect(transactions.map((writes) => writes.length)).toEqual([99, 99, 52]);
  expect((await store.list(owners.health(groupId), { limit: 1000 })).items).toHaveLength(250);
});

it("of two statuses of one target, the later one stays", async () => {
  const save = saveHealth(store);

  await Promise.all([save(groupId, target(1), health("UNHEALTHY")), save(groupId, target(1), health("HEALTHY"))]);

  const { items } = await store.list<TargetHealth>(owners.health(groupId));
  expect(items.map(({ value }) => value.status)).toEqual(["HEALTHY"]);
  expect(transactions).toHaveLength(1);
});

it("whoever could not be saved is told, and the next one is saved again", async () => {
  const save = saveHealth(store);
  failing = true;
  const outcomes = await Promise.allSettled([1, 2].map((port) => save(groupId, target(port), health("HEALTHY"))));
  failing = false;
  await save(groupId, target(3), health("HEALTHY"));

  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect((await store.list(owners.health(groupId))).items).toHaveLength(1);
});
