import { randomBytes } from "node:crypto";
import { type Key, VersionConflict, type Write } from "@pergola/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTable, type TestTable } from "./dynamo-table.ts";
import { errorFault, type Fault } from "./fault-proxy.ts";
import { motoUrl } from "./moto.ts";

const key = (id: string): Key => ({ owner: "net/services", id });
const put = (id: string, value: unknown, expect: Write["expect"] = "any"): Write => ({
  kind: "put",
  key: key(id),
  value,
  expect,
});
/** JSON that no compression makes small. */
const noise = (bytes: number): string => randomBytes(bytes / 2).toString("hex");

const canceled = (...codes: string[]): Fault =>
  errorFault(400, "TransactionCanceledException", { CancellationReasons: codes.map((Code) => ({ Code })) });

/** What passes: the store tries again, and the caller sees nothing of it. */
const passing: readonly (readonly [string, Fault])[] = [
  ["a throttled request", errorFault(400, "ThrottlingException")],
  ["exceeded throughput", errorFault(400, "ProvisionedThroughputExceededException")],
  ["an internal error", errorFault(500, "InternalServerError")],
  ["a gateway that answers in HTML", { kind: "answer", status: 503, body: "<html>busy</html>" }],
  ["a connection that breaks", { kind: "reset" }],
  ["an answer that is lost", { kind: "lost" }],
];

describe.skipIf(motoUrl === undefined)("the DynamoDB store under faults", () => {
  let table: TestTable;
  beforeEach(async () => {
    table = await openTable();
  });
  afterEach(() => table[Symbol.asyncDispose]());
  /** Each operation fails twice, then works. */
  const failTwice = (fault: Fault): void => {
    const failed = new Map<string, number>();
    table.proxy.faults = ({ operation }) => {
      const times = failed.get(operation) ?? 0;
      failed.set(operation, times + 1);
      return times < 2 ? fault : undefined;
    };
  };

  describe.each(passing)("%s", (_, fault) => {
    it("loses no write and doubles none", async () => {
      const store = table.open();
      failTwice(fault);

      await store.transact([put("count", 1, "absent"), put("large", noise(1_000_000), "absent")]);

      expect((await store.get(key("count")))?.value).toBe(1);
      expect(table.proxy.calls.filter((call) => call.operation === "TransactWriteItems")).toHaveLength(3);
    });

    it("keeps no reader from reading", async () => {
      const store = table.open();
      await store.transact([put("a", 1), put("b", 2)]);
      failTwice(fault);

      expect((await store.get(key("a")))?.value).toBe(1);
      expect((await store.getMany([key("b"), key("a")])).map((item) => item?.value)).toEqual([2, 1]);
      expect((await store.list("net/services")).items).toHaveLength(2);
    });
  });

  it.each(["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])(
    "tries again when a transaction is canceled for %s",
    async (code) => {
      const store = table.open();
      table.proxy.faults = ({ operation, count }) =>
        operation === "TransactWriteItems" && count <= 3 ? canceled("None", code) : undefined;

      await store.transact([put("a", 1, "absent")]);

      expect((await store.get(key("a")))?.value).toBe(1);
    },
  );

  it("tells a conflict from contention when a transaction is canceled for both", async () => {
    const store = table.open();
    table.proxy.faults = ({ operation }) =>
      operation === "TransactWriteItems" ? canceled("TransactionConflict", "ConditionalCheckFailed") : undefined;

    const error = await store
      .transact([put("a", 1, "absent"), put("b", 1, "absent")])
      .catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(VersionConflict);
    expect((error as VersionConflict).keys).toEqual([key("b")]);
  });

  it("gives up at its deadline, says so, and keeps the cause", async () => {
    const store = table.open({ deadlineMs: 300 });
    table.proxy.faults = () => errorFault(400, "ThrottlingException");

    const error = await store.get(key("a")).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({
      name: "RetriesExhausted",
      message: expect.stringMatching(/^no success within 300 ms/),
    });
    expect((error as Error).cause).toMatchObject({ name: "ThrottlingException" });
  });

  it("does not wait longer than one try for an answer that does not come", async () => {
    const store = table.open({ attemptMs: 300 });
    await store.transact([put("a", 1)]);
    table.proxy.faults = ({ operation, count }) =>
      operation === "GetItem" && count === 1 ? { kind: "slow", ms: 5_000 } : undefined;
    const start = performance.now();

    expect((await store.get(key("a")))?.value).toBe(1);
    expect(performance.now() - start).toBeLessThan(4_000);
  });

  it("fails at once on what another try cannot help", async () => {
    const store = table.open();
    table.proxy.faults = () => errorFault(400, "AccessDeniedException");

    await expect(store.transact([put("a", 1)])).rejects.toMatchObject({ name: "AccessDeniedException" });
    await expect(store.get(key("a"))).rejects.toMatchObject({ name: "AccessDeniedException" });
    expect(table.proxy.calls).toHaveLength(2);
  });

  it("asks again for the keys that a batch left over", async () => {
    const store = table.open();
    const ids = Array.from({ length: 20 }, (_, i) => `id-${i}`);
    await store.transact(ids.map((id) => put(id, id)));
    table.proxy.faults = ({ operation, body, count }) => {
      if (operation !== "BatchGetItem") return undefined;
      const input = JSON.parse(body.toString()) as { RequestItems: Record<string, { Keys: unknown[] }> };
      const keys = input.RequestItems[table.table]?.Keys ?? [];
      // The second answer brings nothing at all, as under throttling.
      const taken = count === 2 ? 0 : Math.ceil(keys.length / 2);
      const request = {
        RequestItems: {
          [table.table]: { ...input.RequestItems[table.table], Keys: keys.slice(0, Math.max(1, taken)) },
        },
      };
      const left = keys.slice(taken);
      return {
        kind: "changed",
        body: Buffer.from(JSON.stringify(request)),
        answer: (answer) => ({
          ...(taken === 0 ? { Responses: {} } : answer),
          UnprocessedKeys: left.length === 0 ? {} : { [table.table]: { Keys: left, ConsistentRead: true } },
        }),
      };
    };

    const found = await store.getMany(ids.map(key));

    expect(found.map((item) => item?.value)).toEqual(ids);
  });

  it("loses no update of fifty writers in five processes' stores, with every tenth request failing", async () => {
    const stores = Array.from({ length: 5 }, () => table.open());
    await stores[0]?.transact([put("count", 0)]);
    let calls = 0;
    const faults = passing.map(([, fault]) => fault);
    table.proxy.faults = () => {
      calls += 1;
      return calls % 10 === 0 ? faults[(calls / 10) % faults.length] : undefined;
    };
    const increment = async (writer: number): Promise<void> => {
      const store = stores[writer % stores.length];
      if (store === undefined) throw new Error("no store");
      for (;;) {
        const item = await store.get<number>(key("count"));
        try {
          await store.transact([
            put("count", (item?.value ?? 0) + 1, { version: item?.version ?? "" }),
            put(`by-${writer}`, 1, "absent"),
          ]);
          return;
        } catch (error) {
          if (!(error instanceof VersionConflict)) throw error;
        }
      }
    };

    await Promise.all(Array.from({ length: 50 }, (_, writer) => increment(writer)));

    table.proxy.faults = () => undefined;
    expect((await stores[0]?.get(key("count")))?.value).toBe(50);
    expect((await stores[0]?.list("net/services", { prefix: "by-" }))?.items).toHaveLength(50);
  });
});
