/** @param ranges `80` or `8000-8100` each. @returns first and last ports, in ascending order, those that touch or overlap as one */
export function mergePortRanges(ranges: readonly string[]): readonly (readonly [first: number, last: number])[] {
  const parsed = ranges
    .map((range): [number, number] => {
      const [first = "", last = first] = range.split("-");
      return [Number(first), Number(last)];
    })
    .sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [first, last] of parsed) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

/** @returns whether a port lies in one of the ranges */
export function isPortIn(ranges: readonly string[], port: number): boolean {
  return mergePortRanges(ranges).some(([first, last]) => first <= port && port <= last);
}
