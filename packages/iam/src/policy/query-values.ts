/**
 * @param query raw, without `?`
 * @returns the decoded values of a query key in their order, undefined when the key is absent. Keys compare case-sensitively and
 * decoded, `+` is a space: as the targets' form parsers read them, so that `%61dmin=1` cannot hide `admin=1`.
 */
export function queryValues(query: string, key: string): readonly string[] | undefined {
  if (query === "") return undefined;
  let values: string[] | undefined;
  for (let from = 0; from <= query.length; ) {
    const ampersand = query.indexOf("&", from);
    const end = ampersand < 0 ? query.length : ampersand;
    const equals = query.indexOf("=", from);
    const nameEnd = equals < 0 || equals > end ? end : equals;
    if (decoded(query.slice(from, nameEnd)) === key) {
      values ??= [];
      values.push(decoded(query.slice(Math.min(nameEnd + 1, end), end)));
    }
    from = end + 1;
  }
  return values;
}

/** Text that is no valid percent-encoding of UTF-8 stays as it is. */
function decoded(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch (error) {
    if (error instanceof URIError) return spaced;
    throw error;
  }
}
