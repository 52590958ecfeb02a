import { type ConfigStore, openMemoryStore, VersionConflict, type Write } from "@pergola/core";
import { beforeEach, expect, it } from "vitest";
import { createWriteQueue, type WriteQueue, type WriteRun } from "./write-queue.ts";

const key = (id: string) => ({ owner: "things", id });
const put = (id: string, value: unknown, expect: Write["expect"] = "any"): Write => ({
  kind: "put",
  key: key(id),
  value,
  expect,
});
/** Fails the transactions whose numbers are here. */
let failures: Map<number, () => Error>;
let transactions: (readonly Write[])[];
let store: ConfigStore;
let queue: WriteQueue;

beforeEach(() => {
  const memory = openMemoryStore();
  failures = new Map();
  transactions = [];
  store = {
    ...memory,
    transact: async (writes) => {
      transactions.push(writes);
      const failure = failures.get(transactions.length);
      if (failure !== undefined) throw failure();
      await memory.transact(writes);
    },
  };
  queue = createWriteQueue(store);
});

/** Takes a name, or is refused. */
const claim =
  (id: string, by: string): WriteRun =>
  async (view) => {
    const taken = await view.get<string>(key(id));
    if (taken !== undefined) throw new Error(`${id} is taken by ${taken.value}`);
    await view.transact([put(id, by, "absent")]);
    return { output: by, unfinished: false };
  };
const count: WriteRun = async (view) => {
  const found = await view.get<number>(key("count"));
  const expect = found === undefined ? "absent" : { version: found.version };
  await view.transact([put("count", (found?.value ?? 0) + 1, expect)]);
  return { output: (found?.value ?? 0) + 1, unfinished: false };
};
const reasonOf = (error: unknown): string => (error as Error).message;

it("writers that wait at one time share a transaction, each on what the ones before it wrote", async () => {
  const outputs = await Promise.all(Array.from({ length: 64 }, () => queue(count)));

  expect(outputs).toEqual(Array.from({ length: 64 }, (_, index) => index + 1));
  expect((await store.get(key("count")))?.value).toBe(64);
  expect(transactions.length).toBe(1);
});

it("nobody is answered before the transaction is durable", async () => {
  const told: string[] = [];
  failures.set(1, () => {
    told.push("transaction");
    return new Error("the disk is full");
  });

  const refused = queue(claim("a", "first")).catch((error: unknown) => void told.push(reasonOf(error)));
  await refused;

  expect(told).toEqual(["transaction", "the disk is full"]);
});

it("one that is refused does not spoil the others, and one that throws neither", async () => {
  const outcomes = await Promise.allSettled([
    queue(claim("a", "first")),
    queue(claim("a", "second")),
    queue(claim("b", "third")),
  ]);

  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(transactions.length).toBe(1);
});

it("a conflict with another process is found out by running each again by itself", async () => {
  failures.set(1, () => new VersionConflict([key("a")]));

  const outcomes = await Promise.allSettled([queue(claim("a", "first")), queue(claim("a", "second")), queue(count)]);

  expect(outcomes.map((one) => (one.status === "fulfilled" ? one.value : reasonOf(one.reason)))).toEqual([
    "first",
    "a is taken by first",
    1,
  ]);
  expect(transactions.map((writes) => writes.length)).toEqual([2, 1, 1]);
});

it("a refusal that rests on a write which the disk refused is no refusal", async () => {
  failures.set(1, () => new Error("the disk is full"));

  const outcomes = await Promise.allSettled([queue(claim("a", "first")), queue(claim("a", "second"))]);

  expect(outcomes.map((one) => (one.status === "fulfilled" ? one.value : reasonOf(one.reason)))).toEqual([
    "the disk is full",
    "second",
  ]);
  expect((await store.get(key("a")))?.value).toBe("second");
});

it("more than one transaction holds is written in several, in order", async () => {
  const outputs = await Promise.all(
    Array.from({ length: 250 }, (_, index) => queue(claim(`n${index}`, String(index)))),
  );

  expect(outputs).toEqual(Array.from({ length: 250 }, (_, index) => String(index)));
  expect(transactions.map((writes) => writes.length)).toEqual([100, 100, 50]);
});

it("a write in several transactions is finished before the next begins", async () => {
  const inSteps: WriteRun = async (view, progress = 0) => {
    const step = progress as number;
    await view.transact([put(`step${step}`, step)]);
    return { output: step, unfinished: step < 3, progress: step + 1 };
  };
  const seesAll: WriteRun = async (view) => ({ output: (await view.list("things")).items.length, unfinished: false });

  expect(await Promise.all([queue(inSteps), queue(seesAll)])).toEqual([3, 4]);
});
