const maxLength = 1024;
const maxPatterns = 64;
const pattern = /^[a-z0-9*-]{1,64}$/;

/**
 * Parses `X-Amz-Region-Set` of SigV4A: regions or patterns with `*`, separated by commas.
 * @returns undefined when it is empty, too long (1,024 characters, 64 patterns) or not of that form
 */
export function parseRegionSet(text: string): readonly string[] | undefined {
  if (text.length > maxLength) return undefined;
  const patterns = text.split(",").map((part) => part.trim());
  if (patterns.length > maxPatterns || !patterns.every((part) => pattern.test(part))) return undefined;
  return patterns;
}

/** @returns true when one of the patterns matches the region */
export function regionSetCovers(patterns: readonly string[], region: string): boolean {
  return patterns.some((one) => matches(one, region));
}

/** Greedy: each piece between stars is taken at its first place, so no pattern can make it try again. */
function matches(glob: string, region: string): boolean {
  const pieces = glob.split("*");
  const first = pieces[0] as string;
  if (pieces.length === 1) return first === region;
  const last = pieces[pieces.length - 1] as string;
  if (!region.startsWith(first) || !region.endsWith(last) || region.length < first.length + last.length) return false;
  let from = first.length;
  const to = region.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    const at = region.indexOf(piece, from);
    if (at === -1 || at + piece.length > to) return false;
    from = at + piece.length;
  }
  return true;
}
