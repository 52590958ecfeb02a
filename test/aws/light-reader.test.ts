import { randomBytes } from "node:crypto";
import { createLightDynamoReader, type LightReader } from "@pergola/aws";
import type { Clock, Key } from "@pergola/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { configStoreContract } from "../contracts/config-store.ts";
import { openTable, type TestTable } from "./dynamo-table.ts";
import { errorFault, type Fault } from "./fault-proxy.ts";
import { credentials, motoUrl, region, silent } from "./moto.ts";

const patient = { attemptMs: 20_000, deadlineMs: 40_000 };

function openReader({ table, proxy }: TestTable, options: { clock?: Clock; cacheTtlMs?: number } = {}): LightReader {
  return createLightDynamoReader({
    table,
    region,
    endpoint: proxy.url,
    credentials: () => credentials,
    logger: silent,
    ...patient,
    ...options,
  });
}

describe.skipIf(motoUrl === undefined)("on moto", () => {
  // Written by the SDK's store, read by the light reader: its reads keep every promise of the port.
  configStoreContract("DynamoDB through the light reader", async (clock) => {
    const table = await openTable();
    const open = () => {
      const store = table.open({ clock });
      const { get, getMany, list, close } = openReader(table, { clock });
      return { ...store, get, getMany, list, close: () => Promise.all([store.close(), close()]).then(() => {}) };
    };
    const store = open();
    return {
      store,
      reopen: async () => {
        await store.close();
        return open();
      },
      dispose: async () => table[Symbol.asyncDispose](),
    };
  });
});

describe.skipIf(motoUrl === undefined)("the light reader", () => {
  const key = (id: string): Key => ({ owner: "snapshots/services", id });
  let table: TestTable;
  let reader: LightReader;
  beforeEach(async () => {
    table = await openTable();
    reader = openReader(table);
  });
  afterEach(async () => {
    await reader.close();
    await table[Symbol.asyncDispose]();
  });

  it("reads what the store wrote just as the store does, whatever its size", async () => {
    const store = table.open();
    for (const [i, bytes] of [10, 3_000, 300_000, 1_000_000].entries()) {
      const value = { text: randomBytes(bytes).toString("hex"), emoji: "\u{1f33f}" };
      await store.transact([{ kind: "put", key: key(`${i}`), value, expect: "absent" }]);
    }

    const keys = ["0", "1", "2", "3", "none"].map(key);
    expect(await reader.getMany(keys)).toEqual(await store.getMany(keys));
    expect(await reader.list("snapshots/services")).toEqual(await store.list("snapshots/services"));
    expect(await reader.get(key("3"))).toEqual(await store.get(key("3")));
  });

  it.each<[string, Fault]>([
    ["throttling", errorFault(400, "ThrottlingException")],
    ["an internal error", errorFault(500, "InternalServerError")],
    ["an answer that is no JSON", { kind: "answer", status: 502, body: "<html>" }],
    ["a broken connection", { kind: "reset" }],
    ["a lost answer", { kind: "lost" }],
  ])("tries again after %s", async (_, fault) => {
    await table.open().transact([{ kind: "put", key: key("a"), value: 1, expect: "any" }]);
    table.proxy.faults = ({ operation, count }) => (operation === "GetItem" && count <= 2 ? fault : undefined);

    expect((await reader.get(key("a")))?.value).toBe(1);
  });

  it("tells what it may not read under the name that AWS gives, at once", async () => {
    table.proxy.faults = () => errorFault(400, "AccessDeniedException");

    await expect(reader.get(key("a"))).rejects.toMatchObject({ name: "AccessDeniedException", message: "injected" });
    expect(table.proxy.calls).toHaveLength(1);
  });

  it("stops at the caller's signal", async () => {
    table.proxy.faults = () => ({ kind: "slow", ms: 10_000 });
    const abort = new AbortController();
    const reading = reader.get(key("a"), abort.signal);
    setTimeout(() => abort.abort(new Error("gave up")), 100);

    await expect(reading).rejects.toThrow("gave up");
  });

  it("follows what the store changes", async () => {
    const watching = openReader(table, { cacheTtlMs: 50 });
    const told: Key[] = [];
    watching.watch((keys) => told.push(...keys));

    await table.open().transact([{ kind: "put", key: key("a"), value: 1, expect: "any" }]);

    await vi.waitFor(() => expect(told).toEqual([key("a")]), { timeout: 20_000, interval: 20 });
    await watching.close();
  });
});
