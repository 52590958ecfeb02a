import fc from "fast-check";
import { expect, it } from "vitest";
import { orderRuleMoves } from "./rule-moves.ts";

/** Does the moves, as the API would. @throws when a place is taken */
function perform(current: ReadonlyMap<string, number>, moves: ReturnType<typeof orderRuleMoves>): Map<string, number> {
  const places = new Map(current);
  for (const { rule, priority } of moves) {
    const holder = [...places].find(([other, place]) => place === priority && other !== rule);
    if (holder !== undefined) throw new Error(`${priority} is held by ${holder[0]}`);
    places.set(rule, priority);
  }
  return places;
}

it("any rules change places with each other and into free ones, never two at one", () => {
  const priorities = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });
  const both = priorities.chain((before) =>
    fc.tuple(
      fc.constant(before),
      fc.shuffledSubarray([...new Set([...before, ...Array.from({ length: 10 }, (_, i) => i + 41)])], {
        minLength: before.length,
        maxLength: before.length,
      }),
    ),
  );
  fc.assert(
    fc.property(both, ([before, after]) => {
      const current = new Map(before.map((priority, index) => [`r${index}`, priority]));
      const wanted = new Map(after.map((priority, index) => [`r${index}`, priority]));
      const moves = orderRuleMoves(current, wanted);

      expect(perform(current, moves)).toEqual(wanted);
      // One step aside for each circle at most.
      expect(moves.length).toBeLessThanOrEqual(current.size + Math.floor(current.size / 2));
    }),
    { numRuns: 500 },
  );
});

it("a place whose rule stays is asked for all the same, last", () => {
  const current = new Map([
    ["a", 1],
    ["b", 2],
    ["c", 3],
  ]);

  expect(
    orderRuleMoves(
      current,
      new Map([
        ["a", 2],
        ["c", 9],
      ]),
    ),
  ).toEqual([
    { rule: "c", priority: 9 },
    { rule: "a", priority: 2 },
  ]);
});

it("two that swap take three moves, by way of the last free place", () => {
  const current = new Map([
    ["a", 1],
    ["b", 2],
  ]);

  expect(
    orderRuleMoves(
      current,
      new Map([
        ["a", 2],
        ["b", 1],
      ]),
    ),
  ).toEqual([
    { rule: "a", priority: 2000 },
    { rule: "b", priority: 1 },
    { rule: "a", priority: 2 },
  ]);
});

it("what is where it should be does not move", () => {
  expect(orderRuleMoves(new Map([["a", 1]]), new Map([["a", 1]]))).toEqual([]);
});
