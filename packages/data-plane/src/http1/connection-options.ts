/** @param option in lower case. @returns whether a Connection header has it: `close`, `upgrade` */
export function hasConnectionOption(rawHeaders: readonly string[], option: string): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length !== "connection".length || name.toLowerCase() !== "connection") continue;
    const value = (rawHeaders[i + 1] as string).toLowerCase();
    if (value === option || value.split(",").some((one) => one.trim() === option)) return true;
  }
  return false;
}
