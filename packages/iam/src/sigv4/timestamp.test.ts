import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTimestamp } from "./timestamp.ts";

describe("a timestamp", () => {
  it("is what toISOString says without its punctuation", () => {
    const seconds = fc.integer({ min: 0, max: 253402300799 });
    fc.assert(
      fc.property(seconds, (second) => {
        const text = new Date(second * 1000).toISOString().replace(/[-:]|\.000/g, "");
        expect(parseTimestamp(text)).toBe(second * 1000);
      }),
    );
  });

  it("takes the 29th of February in leap years", () => {
    expect(parseTimestamp("20280229T000000Z")).toBe(Date.UTC(2028, 1, 29));
    expect(parseTimestamp("20000229T000000Z")).toBe(Date.UTC(2000, 1, 29));
  });

  it.each([
    "",
    "20261123",
    "20261123T041500",
    "20261123T041500z",
    "2026-11-23T04:15:00Z",
    "20261123T041500Z ",
    "20261123T041500Z\n",
    "20260229T000000Z",
    "21000229T000000Z",
    "20260431T000000Z",
    "20261301T000000Z",
    "20260001T000000Z",
    "20260100T000000Z",
    "20261123T240000Z",
    "20261123T236000Z",
    "20261123T235960Z",
    "00991123T041500Z",
    "Mon, 23 Nov 2026 04:15:00 GMT",
  ])("is not `%s`", (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });
});
