const underscoredFraming = new Set(["content_length", "transfer_encoding"]);

/**
 * CGI and WSGI make one variable of `X-Tenant` and `X_Tenant`: of two headers a target would then see one, or both joined, where
 * policies and rules see two. The same for a framing header in that spelling, which this server does not take for one.
 * @param rawHeaders names and values in turn
 * @returns whether two names, or a name and a framing header's, differ in underscores only
 */
export function hasNameTwins(rawHeaders: readonly string[]): boolean {
  const spellings = new Map<string, string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (underscoredFraming.has(name)) return true;
    const folded = name.replaceAll("_", "-");
    const known = spellings.get(folded);
    if (known !== undefined && known !== name) return true;
    spellings.set(folded, name);
  }
  return false;
}
