const newline = 0x0a;

/** @returns each line of a batch, with its newline; views of the same memory */
export function linesOf(lines: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let start = 0; start < lines.length; ) {
    const at = lines.indexOf(newline, start);
    const end = at < 0 ? lines.length : at + 1;
    found.push(lines.subarray(start, end));
    start = end;
  }
  return found;
}

/**
 * @param sizeOf bytes that one item counts for
 * @returns how many items from the front make one request: at least one, at most `maxCount`, and no second one past `maxBytes`
 */
export function requestLength<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  { maxCount, maxBytes }: { readonly maxCount: number; readonly maxBytes: number },
): number {
  let bytes = 0;
  let count = 0;
  for (const item of items) {
    bytes += sizeOf(item);
    if (count > 0 && (count === maxCount || bytes > maxBytes)) break;
    count += 1;
  }
  return count;
}
