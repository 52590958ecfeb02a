/** Headers in the form that function URLs take. Source: Lambda developer guide, "Response payload format", read 2026-11. */
export interface UrlHeaders {
  readonly headers: Record<string, string>;
  /** Values of Set-Cookie, which cannot be joined. */
  readonly cookies: string[];
}

/**
 * @param rawHeaders names and values in turn
 * @returns each name once, in lower case, with its values joined
 */
export function urlHeaders(rawHeaders: readonly string[]): UrlHeaders {
  const headers: Record<string, string> = Object.create(null);
  const cookies: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    const value = rawHeaders[i + 1] as string;
    if (name === "set-cookie") cookies.push(value);
    else headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return { headers, cookies };
}

/**
 * @param rawHeaders names and values in turn
 * @returns each name once, in lower case, with all of its values
 */
export function multiValueHeaders(rawHeaders: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = Object.create(null);
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    headers[name] ??= [];
    headers[name].push(rawHeaders[i + 1] as string);
  }
  return headers;
}

/** Lambda and load balancers frame a buffered response by themselves, from its body. */
export function withoutLength(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_text, i) => (rawHeaders[i - (i % 2)] as string).toLowerCase() !== "content-length");
}
