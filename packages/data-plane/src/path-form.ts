/** Nothing to look at: most paths. */
const plain = /^(?:\/(?!\.)[A-Za-z0-9\-._~!$&'()*+,:=@]*)*$/;
const brokenEscape = /%(?![0-9A-Fa-f]{2})/;
/** Letters, digits, `-`, `.` and `_`; not `~`, which older libraries escape. Source: RFC 3986 §2.3: not to be created by producers. */
const needlessEscape = /%(?:2[dDeE]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9Aa])/;
/** Also behind another level of escapes, `%2500`. */
const controlEscape = /%(?:25)*(?:[01][0-9A-Fa-f]|7[fF])/;
/** Bytes that only overlong forms of UTF-8 have: lenient decoders make dots, slashes and zero bytes of them. */
const overlongEscape = /%(?:[cC][01]|[eE]0%[89]|[fF]0%8)/;
/** `.` or `..` between separators, however often escaped; `;` ends it too, since servlet containers cut parameters off first. */
const dotSegment = /(?:\/|%(?:25)*(?:2f|5c))(?:\.|%(?:25)*2e){1,2}(?:$|[/;]|%(?:25)*(?:2f|5c|3b))/i;

/**
 * Tells whether a path has a form that no client sends and that targets read as another path, so that policies and rules would
 * speak of one resource and the target of another. See docs/request-reading.md. Takes time linear in the path.
 * @param path raw, without query
 */
export function isDeceptivePath(path: string): boolean {
  if (plain.test(path)) return false;
  return (
    path.includes("\\") ||
    brokenEscape.test(path) ||
    needlessEscape.test(path) ||
    controlEscape.test(path) ||
    overlongEscape.test(path) ||
    dotSegment.test(path)
  );
}
