const needsReading = /[%;\\]|\/\/|[^\x21-\x7e]/;
/** Segments' own characters (RFC 3986 §3.3), the slash and the percent sign of escapes. */
const notInPath = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/g;

/**
 * The ways in which targets in use read a path, beside the raw one: escapes in upper case; decoded as UTF-8; and, as servlet
 * containers, Windows and merging proxies do, with `\` for `/`, without repeated slashes and without `;parameters`, which some cut
 * off before and some after decoding. A path that begins with `//` also as what follows an authority, as URL parsers take it.
 * @param path raw, one character a byte
 * @returns at most six that differ from `path`
 */
export function pathReadings(path: string): readonly string[] {
  if (!needsReading.test(path)) return [];
  const decoded = decode(path);
  const slashed = decoded.replaceAll("\\", "/");
  const readings = new Set([
    canonicalEscapes(path),
    decoded,
    merge(decode(withoutParameters(path))),
    merge(withoutParameters(decoded)),
    merge(withoutParameters(slashed)),
  ]);
  if (slashed.startsWith("//")) readings.add(merge(withoutParameters(slashed.replace(/^\/{2,}[^/]*/, ""))));
  readings.delete(path);
  return [...readings];
}

function canonicalEscapes(path: string): string {
  return path.replace(/%[0-9A-Fa-f]{2}/g, (octet) => octet.toUpperCase()).replace(notInPath, escapeByte);
}

function escapeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** Decodes once; what is no UTF-8 becomes U+FFFD. */
function decode(path: string): string {
  const bytes = path.replace(/%([0-9A-Fa-f]{2})/g, (_octet, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

function withoutParameters(path: string): string {
  return path.replace(/;[^/]*/g, "");
}

function merge(path: string): string {
  return `/${path}`.replace(/[\\/]+/g, "/");
}
