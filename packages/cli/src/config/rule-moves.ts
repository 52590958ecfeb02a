/** A rule that gets another priority. */
export interface RuleMove {
  readonly rule: string;
  readonly priority: number;
}

const highestPriority = 2_000;

/**
 * Two rules of a listener never have one priority, not even for a moment: so rules move into free places one after the other, and where
 * they wait for each other in a circle, one steps aside first.
 * @param current priorities of all rules of the listener
 * @param wanted those that change
 * @returns the moves in an order in which each is possible, as far as one exists: a place that a rule holds which does not move stays taken
 */
export function orderRuleMoves(
  current: ReadonlyMap<string, number>,
  wanted: ReadonlyMap<string, number>,
): readonly RuleMove[] {
  const holders = new Map([...current].map(([rule, priority]) => [priority, rule]));
  const places = new Map(current);
  const waiting = new Map([...wanted].filter(([rule, priority]) => current.get(rule) !== priority));
  const moves: RuleMove[] = [];
  const move = (rule: string, priority: number): void => {
    holders.delete(places.get(rule) ?? 0);
    holders.set(priority, rule);
    places.set(rule, priority);
    moves.push({ rule, priority });
  };
  while (waiting.size > 0) {
    const ready = [...waiting].find(([, priority]) => !holders.has(priority));
    if (ready !== undefined) {
      move(...ready);
      waiting.delete(ready[0]);
      continue;
    }
    const circle = [...waiting].find(([rule, priority]) => isInCircle(rule, priority, holders, waiting));
    const aside = circle && freePriority(holders, wanted);
    if (circle === undefined || aside === undefined) break;
    move(circle[0], aside);
  }
  return [...moves, ...[...waiting].map(([rule, priority]) => ({ rule, priority }))];
}

function isInCircle(
  rule: string,
  priority: number,
  holders: ReadonlyMap<number, string>,
  waiting: ReadonlyMap<string, number>,
): boolean {
  let next: number | undefined = priority;
  for (let steps = 0; steps <= waiting.size; steps += 1) {
    const holder = holders.get(next);
    if (holder === rule) return true;
    next = holder === undefined ? undefined : waiting.get(holder);
    if (next === undefined) return false;
  }
  return false;
}

/** From the end, where it catches the fewest requests that are meant for others. */
function freePriority(holders: ReadonlyMap<number, string>, wanted: ReadonlyMap<string, number>): number | undefined {
  const taken = new Set([...holders.keys(), ...wanted.values()]);
  for (let priority = highestPriority; priority > 0; priority -= 1) if (!taken.has(priority)) return priority;
  return undefined;
}
