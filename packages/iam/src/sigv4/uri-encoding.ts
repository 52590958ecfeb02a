/**
 * AWS's URI encoding: every byte but A–Z a–z 0–9 - . _ ~ becomes %XX in upper-case hex. Strings hold one byte per character,
 * as an HTTP/1 parser hands them out.
 */
const escapes: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  return /[A-Za-z0-9._~-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
});

const badEscape = /%(?![0-9A-Fa-f]{2})/;
const wide = /[^\0-\xff]/;

/** @returns true when each `%` begins an escape and each character is one byte */
export function isWellEscaped(text: string): boolean {
  return !badEscape.test(text) && !wide.test(text);
}

/** @returns the path with each byte encoded, `/` kept; `%` becomes `%25`, so an encoded path gets encoded twice */
export function encodePath(path: string): string {
  let encoded = "";
  for (let i = 0; i < path.length; i++) {
    const byte = path.charCodeAt(i);
    encoded += byte === 0x2f ? "/" : (escapes[byte] as string);
  }
  return encoded;
}

/**
 * Normalises a name or value of a query: escapes are undone and every byte is encoded anew. `+` is a space, as it is to those
 * who read the query and as most signers take it; the few that sign it as %2B are refused, for then a signature for `a+b`
 * would also be one for `a%2Bb`, which reads differently. INVARIANT: `text` is well escaped.
 */
export function normalizeQueryComponent(text: string): string {
  let encoded = "";
  for (let i = 0; i < text.length; i++) {
    let byte = text.charCodeAt(i);
    if (byte === 0x25) {
      byte = Number.parseInt(text.slice(i + 1, i + 3), 16);
      i += 2;
    } else if (byte === 0x2b) {
      byte = 0x20;
    }
    encoded += escapes[byte] as string;
  }
  return encoded;
}
