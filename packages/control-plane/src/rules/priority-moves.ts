/** A rule that is to get a priority. */
export interface PriorityMove {
  readonly ruleId: string;
  readonly priority: number;
}

/** A move that cannot be, and the rule that is in its way. */
export interface RefusedMove extends PriorityMove {
  readonly holderId: string;
}

/**
 * Decides which of several moves, done at once, give two rules one priority. Of two moves to one priority the first wins; a refused
 * move leaves its rule where it is, which may be in the way of another.
 * @param priorities of all rules, by id, before the moves
 * @param moves at most one for each rule
 * @returns the refused moves by rule
 */
export function refusedMoves(
  priorities: ReadonlyMap<string, number>,
  moves: readonly PriorityMove[],
): ReadonlyMap<string, RefusedMove> {
  const refused = new Map<string, RefusedMove>();
  for (;;) {
    const accepted = moves.filter(({ ruleId }) => !refused.has(ruleId));
    const clashes = clashesOf(priorities, accepted);
    if (clashes.length === 0) return refused;
    for (const clash of clashes) refused.set(clash.ruleId, clash);
  }
}

function clashesOf(priorities: ReadonlyMap<string, number>, moves: readonly PriorityMove[]): RefusedMove[] {
  const moving = new Set(moves.map(({ ruleId }) => ruleId));
  const holders = new Map<number, string>();
  for (const [ruleId, priority] of priorities) if (!moving.has(ruleId)) holders.set(priority, ruleId);
  const clashes: RefusedMove[] = [];
  for (const move of moves) {
    const holderId = holders.get(move.priority);
    if (holderId === undefined) holders.set(move.priority, move.ruleId);
    else clashes.push({ ...move, holderId });
  }
  return clashes;
}
