import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecentTexts } from "./recent-texts.ts";

describe("recent texts", () => {
  it("give what the function makes, whatever was asked for before", () => {
    const upper = new RecentTexts((text) => text.toUpperCase());
    const texts = fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("", "a", "ab", "x".repeat(300))));
    fc.assert(
      fc.property(texts, (all) => {
        for (const text of [...all, ...all]) expect(upper.of(text)).toBe(text.toUpperCase());
      }),
    );
  });

  it("ask the function once for a text that comes again", () => {
    let asked = 0;
    const lengths = new RecentTexts((text) => {
      asked += 1;
      return text.length;
    });
    for (let i = 0; i < 100; i += 1) lengths.of("orders.example.com");
    expect(asked).toBe(1);
  });

  it("ask the function each time for a text that is too long to keep", () => {
    let asked = 0;
    const lengths = new RecentTexts((text) => {
      asked += 1;
      return text.length;
    });
    for (let i = 0; i < 3; i += 1) expect(lengths.of("x".repeat(257))).toBe(257);
    expect(asked).toBe(3);
  });

  it("keep texts apart that differ in one character anywhere", () => {
    const same = new RecentTexts((text) => text);
    const host = "orders-0a1b2c3d4e5f60050.7d67968.vpc-lattice-svcs.us-west-2.on.aws";
    for (let i = 0; i < host.length; i += 1) {
      const other = `${host.slice(0, i)}~${host.slice(i + 1)}`;
      expect(same.of(host)).toBe(host);
      expect(same.of(other)).toBe(other);
    }
  });
});
