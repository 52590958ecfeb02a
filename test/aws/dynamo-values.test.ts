import { randomBytes } from "node:crypto";
import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { type Key, VersionConflict, type Write } from "@pergola/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTable, type TestTable } from "./dynamo-table.ts";
import { errorFault } from "./fault-proxy.ts";
import { dynamoClient, motoUrl } from "./moto.ts";

const key = (id: string): Key => ({ owner: "snapshots/services", id });
const put = (id: string, value: unknown, expect: Write["expect"] = "any", expiresAt?: number): Write => ({
  kind: "put",
  key: key(id),
  value,
  expect,
  ...(expiresAt === undefined ? {} : { expiresAt }),
});
/** JSON that no compression makes small: the compressed form has about half its bytes. */
const noise = (bytes: number): string => randomBytes(bytes / 2).toString("hex");

interface Part {
  readonly expiresAt: number | undefined;
}

describe.skipIf(motoUrl === undefined)("large values in DynamoDB", () => {
  let table: TestTable;
  beforeEach(async () => {
    table = await openTable();
  });
  afterEach(() => table[Symbol.asyncDispose]());

  const partsInTable = async (): Promise<Part[]> => {
    const client = dynamoClient();
    const parts: Part[] = [];
    let from: Record<string, never> | undefined;
    do {
      const page = await client.send(new ScanCommand({ TableName: table.table, ExclusiveStartKey: from }));
      for (const item of page.Items ?? []) {
        if (item.part !== undefined)
          parts.push({ expiresAt: item.expiresAt?.N ? Number(item.expiresAt.N) : undefined });
      }
      from = page.LastEvaluatedKey as never;
    } while (from !== undefined);
    client.destroy();
    return parts;
  };

  it.each([100, 2_100, 300_000, 800_000, 2_500_000])("of %i bytes come back as they were", async (bytes) => {
    const store = table.open();
    const value = { text: noise(bytes), emoji: "\u{1f33f}" };

    await store.transact([put("a", value, "absent")]);

    expect((await store.get(key("a")))?.value).toEqual(value);
    expect((await store.getMany([key("a")]))[0]?.value).toEqual(value);
    expect((await store.list("snapshots/services")).items[0]?.value).toEqual(value);
  });

  it("of megabytes that compress well are one item", async () => {
    const store = table.open();
    const rules = Array.from({ length: 20_000 }, (_, i) => ({ id: `rule-${i}`, path: `/orders/${i}`, weight: i % 7 }));

    await store.transact([put("a", rules)]);

    expect((await store.get(key("a")))?.value).toEqual(rules);
    expect(await partsInTable()).toEqual([]);
  });

  it("keep their parts for good, and leave those of the value before to the time to live", async () => {
    const store = table.open();
    await store.transact([put("a", noise(1_600_000))]);
    const first = await partsInTable();
    const { version } = (await store.get(key("a"))) ?? { version: "" };

    await store.transact([put("a", noise(1_600_000), { version })]);

    expect(first.map((part) => part.expiresAt)).toEqual([undefined, undefined, undefined]);
    const second = await partsInTable();
    expect(second.filter((part) => part.expiresAt === undefined)).toHaveLength(3);
    expect(second.filter((part) => part.expiresAt !== undefined)).toHaveLength(3);
  });

  it.each<[string, Write]>([
    ["replaced by a small value", put("a", 1)],
    ["replaced by a large value", put("a", noise(1_000_000))],
    ["deleted", { kind: "delete", key: key("a"), expect: "any" }],
  ])("leave no parts for good when they are %s, whatever was expected", async (_, write) => {
    const store = table.open();
    await store.transact([put("a", noise(1_000_000))]);

    await store.transact([write]);

    const value = write.kind === "put" ? write.value : undefined;
    expect((await store.get(key("a")))?.value).toEqual(value);
    const kept = (await partsInTable()).filter((part) => part.expiresAt === undefined);
    expect(kept).toHaveLength(typeof value === "string" ? 2 : 0);
  });

  it("leave no parts for good when the transaction is refused or the table stays away", async () => {
    const store = table.open({ deadlineMs: 3_000 });
    await store.transact([put("a", 1)]);

    await expect(store.transact([put("a", noise(1_000_000), "absent")])).rejects.toThrow(VersionConflict);
    table.proxy.faults = ({ operation }) =>
      operation === "TransactWriteItems" ? errorFault(500, "InternalServerError") : undefined;
    await expect(store.transact([put("b", noise(1_000_000), "absent")])).rejects.toThrow("no success");

    const parts = await partsInTable();
    expect(parts).toHaveLength(4);
    expect(parts.filter((part) => part.expiresAt === undefined)).toEqual([]);
    expect(await store.get(key("b"))).toBeUndefined();
  });

  it("with a time to live take their parts with them", async () => {
    const store = table.open();
    const expiresAt = Math.floor(Date.now() / 1000) + 60;

    await store.transact([put("a", noise(1_000_000), "any", expiresAt)]);

    expect((await partsInTable()).map((part) => part.expiresAt)).toEqual([expiresAt + 3600, expiresAt + 3600]);
    expect((await store.get(key("a")))?.value).toBeDefined();
  });

  it("of one transaction do not mix", async () => {
    const store = table.open();
    const values = [noise(800_000), noise(900_000), noise(1_000_000)];

    await store.transact(values.map((value, i) => put(`id-${i}`, value)));

    const found = await store.getMany(values.map((_, i) => key(`id-${i}`)));
    expect(found.map((item) => item?.value)).toEqual(values);
  });

  it("are refused above what one transaction takes, and leave nothing behind", async () => {
    const store = table.open();

    await expect(store.transact([put("a", noise(9_000_000))])).rejects.toThrow(RangeError);
    const many = Array.from({ length: 30 }, (_, i) => put(`id-${i}`, noise(400_000)));
    await expect(store.transact(many)).rejects.toThrow(RangeError);

    expect(await store.list("snapshots/services")).toEqual({ items: [], more: false });
    expect(await partsInTable()).toEqual([]);
  });

  it("refuse keys that have more bytes than DynamoDB's", async () => {
    const store = table.open();

    await expect(store.get(key("é".repeat(513)))).rejects.toThrow("key id: use at most 1024 bytes");
    await expect(store.list("é".repeat(1024).concat("e"))).rejects.toThrow(RangeError);
    await store.transact([put("é".repeat(512), 1)]);
    expect((await store.list("snapshots/services")).items).toHaveLength(1);
  });
});
