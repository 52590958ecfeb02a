import { describe, expect, it } from "vitest";
import { addressCache } from "./address-cache.ts";

const options = { ttlMs: 60_000, negativeTtlMs: 10_000, gatherMs: 5, timeoutMs: 1_000, maxEntries: 3 };

function open(find: (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>) {
  const asked: (readonly string[])[] = [];
  const time = { now: Date.parse("2026-11-23T10:00:00Z") };
  const source = {
    maxIds: 2,
    find(ids: readonly string[]) {
      asked.push(ids);
      return find(ids);
    },
  };
  const cache = addressCache(source, { clock: { now: () => new Date(time.now) }, logger: { warn: () => {} } }, options);
  return { cache, asked, time };
}
const known = async (ids: readonly string[]) => new Map(ids.map((id) => [id, `10.0.0.${id}`]));

describe("an address cache", () => {
  it("asks for each id once, however many ask at once, in batches of what the source takes", async () => {
    const { cache, asked } = open(known);

    await Promise.all([cache.resolve(["1", "2"]), cache.resolve(["2", "3"]), cache.resolve(["1"])]);

    expect(asked).toEqual([["1", "2"], ["3"]]);
    expect(["1", "2", "3"].map(cache.peek)).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
  });

  it("forgets the oldest above its bound", async () => {
    const { cache } = open(known);

    for (const id of ["1", "2", "3", "4"]) await cache.resolve([id]);

    expect([cache.peek("4"), cache.peek("1")]).toEqual(["10.0.0.4", undefined]);
  });

  it("serves a stale address when its source fails, and does not ask again at once", async () => {
    let down = false;
    const { cache, asked, time } = open(async (ids) => {
      if (down) throw new Error("away");
      return known(ids);
    });
    await cache.resolve(["1"]);
    down = true;
    time.now += 61_000;

    await expect(cache.resolve(["1"])).rejects.toThrow("away");
    await cache.resolve(["1"]);

    expect(cache.peek("1")).toBe("10.0.0.1");
    expect(asked).toHaveLength(2);
  });
});
