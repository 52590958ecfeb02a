/** Beyond this the quadratic table is not worth it: no name that is looked for is longer. */
const maxLength = 80;

/** Levenshtein's distance: the number of characters to insert, delete or replace. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] as number) + 1, (row[j - 1] as number) + 1));
    }
    previous = row;
  }
  return previous[b.length] as number;
}

/** @returns the name that `text` most likely meant (at most three typing errors away, in any case), or undefined */
export function nearestName(text: string, names: readonly string[]): string | undefined {
  if (text.length > maxLength) return undefined;
  const lower = text.toLowerCase();
  let best: string | undefined;
  let bestDistance = 4;
  for (const name of names) {
    if (Math.abs(name.length - text.length) >= bestDistance) continue;
    const candidate = distance(lower, name.toLowerCase());
    if (candidate < bestDistance) {
      best = name;
      bestDistance = candidate;
    }
  }
  return best;
}

/** @returns `; did you mean …?` for messages, or `""` when nothing is near */
export function suggestion(text: string, names: readonly string[]): string {
  const name = nearestName(text, names);
  return name === undefined ? "" : `; did you mean \`${name}\`?`;
}
