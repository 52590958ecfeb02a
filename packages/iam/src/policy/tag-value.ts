/**
 * @returns the value of a tag: of the one with exactly this key, else of the only one that differs in case
 * Source: IAM user guide, "Controlling access to AWS resources using tags": a condition on TagKey1 matches a tag TagKey1 or
 * tagkey1, but not both; read 2026-11.
 */
export function readTag(tags: Readonly<Record<string, string>>, key: string): string | undefined {
  if (Object.hasOwn(tags, key)) return tags[key];
  const lower = key.toLowerCase();
  let found: string | undefined;
  for (const name in tags) {
    if (name.length !== key.length || name.toLowerCase() !== lower || !Object.hasOwn(tags, name)) continue;
    if (found !== undefined) return undefined;
    found = tags[name];
  }
  return found;
}
