import fc from "fast-check";
import { expect, it } from "vitest";
import { isPortIn, mergePortRanges } from "./port-ranges.ts";

it("joins ranges that touch or overlap, and sorts them", () => {
  expect(mergePortRanges(["443", "80", "8000-8100", "8101", "8050-8200", "1-65535"])).toEqual([[1, 65_535]]);
  expect(mergePortRanges(["443", "80", "81-90", "8000-8100", "8050-8200"])).toEqual([
    [80, 90],
    [443, 443],
    [8000, 8200],
  ]);
  expect(mergePortRanges([])).toEqual([]);
});

it("has a port exactly when one of the ranges has it", () => {
  const port = fc.integer({ min: 1, max: 65_535 });
  const range = fc.tuple(port, port).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  fc.assert(
    fc.property(fc.array(range, { maxLength: 10 }), port, (ranges, asked) => {
      const texts = ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
      expect(isPortIn(texts, asked)).toBe(ranges.some(([first, last]) => first <= asked && asked <= last));
      const merged = mergePortRanges(texts);
      for (const [at, [first]] of merged.entries()) expect(first).toBeGreaterThan((merged[at - 1]?.[1] ?? -1) + 1);
    }),
  );
});
