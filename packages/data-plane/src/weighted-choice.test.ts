import fc from "fast-check";
import { expect, it } from "vitest";
import { weightedChoice } from "./weighted-choice.ts";

it.each<[number[], number, number | undefined]>([
  [[], 0, undefined],
  [[0], 0, undefined],
  [[0, 0], 0.5, undefined],
  [[7], 0.99, 0],
  [[1, 3], 0, 0],
  [[1, 3], 0.2499, 0],
  [[1, 3], 0.25, 1],
  [[0, 1], 0, 1],
  [[1, 0], 0.9999, 0],
])("of weights %j, random %d chooses %j", (weights, random, expected) => {
  const choices = weights.map((weight, at) => ({ weight, at }));
  expect(weightedChoice(choices, () => random)?.at).toBe(expected);
});

it("gives each its share, and nothing to a weight of zero", () => {
  const weights = fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(weights, (all) => {
      const sum = all.reduce((a, b) => a + b, 0);
      const counts = all.map(() => 0);
      const choices = all.map((weight, at) => ({ weight, at }));
      for (let i = 0; i < sum; i += 1) {
        // The middle of each unit of weight, so that rounding cannot move it over a border.
        const at = weightedChoice(choices, () => (i + 0.5) / sum)?.at;
        counts[at as number] = (counts[at as number] ?? 0) + 1;
      }
      expect(counts).toEqual(all);
    }),
    { numRuns: 50 },
  );
});
