import fc from "fast-check";
import { expect, it } from "vitest";
import { type PriorityMove, refusedMoves } from "./priority-moves.ts";

const before = new Map([
  ["a", 1],
  ["b", 2],
  ["c", 3],
]);
const move = (ruleId: string, priority: number): PriorityMove => ({ ruleId, priority });

const cases: readonly { name: string; moves: readonly PriorityMove[]; refused: Readonly<Record<string, string>> }[] = [
  { name: "nothing moves", moves: [], refused: {} },
  { name: "a swap", moves: [move("a", 2), move("b", 1)], refused: {} },
  { name: "a ring", moves: [move("a", 2), move("b", 3), move("c", 1)], refused: {} },
  { name: "a move to where the rule is", moves: [move("a", 1)], refused: {} },
  { name: "a free priority", moves: [move("a", 9)], refused: {} },
  { name: "a rule that stays is in the way", moves: [move("a", 3)], refused: { a: "c" } },
  { name: "of two to one priority the first wins", moves: [move("a", 9), move("b", 9)], refused: { b: "a" } },
  {
    name: "a refused move is in the way of another",
    moves: [move("b", 1), move("a", 3)],
    refused: { a: "c", b: "a" },
  },
];

it.each(cases)("$name", ({ moves, refused }) => {
  const holders = [...refusedMoves(before, moves)].map(([ruleId, { holderId }]) => [ruleId, holderId]);

  expect(Object.fromEntries(holders)).toEqual(refused);
});

it("no two rules ever end up with one priority, and a set of moves without clashes is never refused", () => {
  const ids = ["a", "b", "c", "d", "e", "f"];
  const scenario = fc.record({
    start: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 6, maxLength: 6 }),
    wanted: fc.array(fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }), { minLength: 6, maxLength: 6 }),
  });

  fc.assert(
    fc.property(scenario, ({ start, wanted }) => {
      const priorities = new Map(ids.map((id, index) => [id, start[index] as number]));
      const moves = ids.flatMap((id, index) => {
        const priority = wanted[index];
        return priority === undefined ? [] : [move(id, priority)];
      });
      const refused = refusedMoves(priorities, moves);
      const after = new Map(priorities);
      for (const { ruleId, priority } of moves) if (!refused.has(ruleId)) after.set(ruleId, priority);
      expect(new Set(after.values()).size).toBe(ids.length);
      const wish = new Map([...priorities, ...moves.map(({ ruleId, priority }) => [ruleId, priority] as const)]);
      if (new Set(wish.values()).size === ids.length) expect(refused.size).toBe(0);
    }),
  );
});
