/** Beyond this a part of the head is copied out of it: a short text that somebody keeps must not keep 60 KB in memory. */
const sharedHead = 4 * 1024;

const space = 0x20;
const tab = 0x09;

/**
 * @param head a head that has passed its grammar
 * @param at where the first header line begins
 * @returns names and values in turn, in their order and spelling, values without the blanks around them
 */
export function headerLines(head: string, at: number): string[] {
  const lines: string[] = [];
  const last = head.length - 2;
  const isLarge = head.length > sharedHead;
  let from = at;
  while (from < last) {
    const colon = head.indexOf(":", from);
    const lineEnd = head.indexOf("\r", colon);
    let start = colon + 1;
    let end = lineEnd;
    while (start < end && isBlank(head.charCodeAt(start))) start += 1;
    while (end > start && isBlank(head.charCodeAt(end - 1))) end -= 1;
    const name = head.slice(from, colon);
    const value = head.slice(start, end);
    if (isLarge) lines.push(copyOf(name), copyOf(value));
    else lines.push(name, value);
    from = lineEnd + 2;
  }
  return lines;
}

/** @returns the same text, in memory of its own when the head is large */
export function partOf(head: string, from: number, to: number): string {
  const part = head.slice(from, to);
  return head.length > sharedHead ? copyOf(part) : part;
}

function copyOf(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

function isBlank(code: number): boolean {
  return code === space || code === tab;
}
