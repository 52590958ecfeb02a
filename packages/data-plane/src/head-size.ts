/** @returns the bytes that header lines and the empty line after them take on an HTTP/1.1 connection */
export function lineLength(rawHeaders: readonly string[]): number {
  // Two bytes for `: ` and two for the line's end, for each name and value.
  let size = 2 + rawHeaders.length * 2;
  for (const text of rawHeaders) size += text.length;
  return size;
}
