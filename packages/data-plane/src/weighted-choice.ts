interface Weighted {
  /** Not negative. */
  readonly weight: number;
}

/**
 * Chooses one with a share of its weight in the sum of all.
 * @param random a number in [0, 1)
 * @returns undefined when there is none or all weights are zero
 */
export function weightedChoice<T extends Weighted>(choices: readonly T[], random: () => number): T | undefined {
  const [first] = choices;
  if (first === undefined) return undefined;
  if (choices.length === 1) return first.weight > 0 ? first : undefined;
  let sum = 0;
  for (const choice of choices) sum += choice.weight;
  let left = random() * sum;
  for (const choice of choices) {
    left -= choice.weight;
    if (left < 0) return choice;
  }
  return undefined;
}
