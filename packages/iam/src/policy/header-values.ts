/**
 * @param name in lower case
 * @returns the value of a header, all values when it is repeated, undefined when it is absent
 */
export function readHeader(rawHeaders: readonly string[], name: string): string | readonly string[] | undefined {
  let first: string | undefined;
  let all: string[] | undefined;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i] as string;
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue;
    const value = rawHeaders[i + 1] as string;
    if (first === undefined) first = value;
    else if (all === undefined) all = [first, value];
    else all.push(value);
  }
  return all ?? first;
}
