import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { partKeys } from "./part-keys.ts";
import { earliestId, newTransactionId, partsOf, versionOf } from "./transaction-id.ts";

const time = fc.integer({ min: 0, max: 2 ** 49 });

describe("ids of transactions", () => {
  it("sort by time, and not before the earliest of their time", () => {
    fc.assert(
      fc.property(time, time, (a, b) => {
        const [first, second] = a < b ? [a, b] : [b, a];
        const id = newTransactionId(new Date(first));
        expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
        expect(id >= earliestId(new Date(first))).toBe(true);
        if (first < second) expect(id < earliestId(new Date(second))).toBe(true);
      }),
    );
  });

  it("do not repeat within a millisecond", () => {
    const now = new Date();
    expect(new Set(Array.from({ length: 10_000 }, () => newTransactionId(now))).size).toBe(10_000);
  });

  it("tell from a version where the parts are", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 1, max: 10 }), (slot, count) => {
        const place = { transactionId: newTransactionId(new Date()), slot, count };
        expect(partsOf(versionOf(place))).toEqual(place);
        expect(partKeys(versionOf(place)).map((key) => key.sk.S)).toEqual(
          Array.from({ length: count }, (_, i) => `${slot}/${i}`),
        );
      }),
    );
  });

  it("of a small value have none, and neither has a version that is not ours", () => {
    const transactionId = newTransactionId(new Date());
    expect(versionOf({ transactionId, slot: 7, count: 0 })).toBe(transactionId);
    for (const version of [
      transactionId,
      "",
      "7",
      `${transactionId}.1.999999`,
      `${transactionId}.1`,
      `x${transactionId}.1.2`,
    ]) {
      expect(partKeys(version)).toEqual([]);
    }
  });
});
