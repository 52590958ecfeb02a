import { setTimeout as sleep } from "node:timers/promises";
import type { Key, Write } from "@pergola/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openTable, type TestTable } from "./dynamo-table.ts";
import { errorFault } from "./fault-proxy.ts";
import { motoUrl } from "./moto.ts";

const key = (id: string, owner = "snapshots/services"): Key => ({ owner, id });
const put = (id: string, value: unknown): Write => ({ kind: "put", key: key(id), value, expect: "any" });
const waiting = { timeout: 20_000, interval: 20 };

describe.skipIf(motoUrl === undefined)("watching a DynamoDB store from another process", () => {
  let table: TestTable;
  beforeEach(async () => {
    table = await openTable();
  });
  afterEach(() => table[Symbol.asyncDispose]());

  it("tells of puts and deletes, each once, with their keys", async () => {
    const writer = table.open();
    const reader = table.open({ cacheTtlMs: 50 });
    const told: Key[] = [];
    reader.watch((keys) => told.push(...keys));

    await writer.transact([put("a", 1), put("b", 1)]);
    await writer.transact([{ kind: "delete", key: key("b"), expect: "any" }]);

    await vi.waitFor(() => expect(told).toEqual([key("a"), key("b"), key("b")]), waiting);
    await sleep(300);
    expect(told).toHaveLength(3);
  });

  it("tells of what changed between the watching and the first look", async () => {
    const writer = table.open();
    const reader = table.open({ cacheTtlMs: 200 });
    const told: Key[] = [];
    reader.watch((keys) => told.push(...keys));
    await writer.transact([put("a", 1)]);

    await vi.waitFor(() => expect(told).toEqual([key("a")]), waiting);
  });

  it("tells of a transaction that has no room for its own record", async () => {
    const writer = table.open();
    const reader = table.open();
    const told = new Set<string>();
    reader.watch((keys) => {
      for (const { id } of keys) told.add(id);
    });

    await writer.transact(Array.from({ length: 100 }, (_, i) => put(`id-${i}`, i)));
    await reader.refresh();

    expect(told.size).toBe(100);
  });

  it("tells again and again of a transaction that may not have settled", async () => {
    let now = Date.now();
    const clock = { now: () => new Date(now) };
    const writer = table.open({ clock });
    const reader = table.open({ clock });
    let times = 0;
    reader.watch((keys) => {
      if (keys.length === 100) times += 1;
    });
    // The process dies after the transaction and before it can write that it has settled.
    table.proxy.faults = ({ operation, count }) =>
      operation === "PutItem" && count > 1 ? errorFault(400, "AccessDeniedException") : undefined;
    const writes = Array.from({ length: 100 }, (_, i) => put(`id-${i}`, i));
    await expect(writer.transact(writes)).rejects.toThrow("injected");

    await reader.refresh();
    await reader.refresh();
    now += 100_000;
    await reader.refresh();
    await reader.refresh();

    expect(times).toBe(3);
    expect((await reader.get(key("id-99")))?.value).toBe(99);
  });

  it("catches up after the table was away, and reports once", async () => {
    const warnings: string[] = [];
    const logger = { info: () => {}, error: () => {}, warn: (message: string) => void warnings.push(message) };
    const writer = table.open();
    const reader = table.open({ cacheTtlMs: 20, deadlineMs: 50, logger });
    const told: Key[] = [];
    reader.watch((keys) => told.push(...keys));
    table.proxy.faults = ({ operation }) =>
      operation === "Query" ? errorFault(500, "InternalServerError") : undefined;
    await writer.transact([put("a", 1)]);
    await sleep(600);
    expect(told).toEqual([]);

    table.proxy.faults = () => undefined;
    // The deadline is as short as a busy machine's single request: some looks still fail.
    await vi.waitFor(() => expect(told).toEqual([key("a")]), waiting);

    expect(new Set(warnings)).toEqual(new Set(["changes of the configuration cannot be read"]));
  });

  it("finds what it was not told of because the outcome was unknown to its own process", async () => {
    const store = table.open({ deadlineMs: 1_500 });
    const told: Key[] = [];
    store.watch((keys) => told.push(...keys));
    table.proxy.faults = ({ operation }) => (operation === "TransactWriteItems" ? { kind: "lost" } : undefined);

    await expect(store.transact([put("a", 1)])).rejects.toThrow("no success");
    await store.refresh();

    expect(told).toContainEqual(key("a"));
  });

  it("asks nothing when nobody watches, and nothing after closing", async () => {
    const store = table.open({ cacheTtlMs: 20 });
    await sleep(200);
    expect(table.proxy.calls).toEqual([]);
    store.watch(() => {});
    await vi.waitFor(() => expect(table.proxy.calls.length).toBeGreaterThan(1), waiting);

    await store.close();
    await sleep(100);
    const calls = table.proxy.calls.length;
    await sleep(300);

    expect(table.proxy.calls.length).toBe(calls);
  });

  it("shares one look among all who ask at once, and none within the age they accept", async () => {
    const store = table.open();

    await Promise.all([store.refresh(), store.refresh(), store.refresh()]);
    await store.refresh(60_000);

    expect(table.proxy.calls).toHaveLength(1);
  });
});
