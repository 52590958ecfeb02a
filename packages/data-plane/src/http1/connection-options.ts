import type { HeaderSection } from "./header-section.ts";
import { type KnownName, trait } from "./known-name.ts";

/** @param option in lower case. @returns whether a Connection header has it: `close`, `upgrade` */
export function hasConnectionOption({ traits, names, rawHeaders }: HeaderSection, option: string): boolean {
  if ((traits & trait.connection) === 0) return false;
  for (let i = 0; i < names.length; i += 1) {
    if (((names[i] as KnownName).traits & trait.connection) === 0) continue;
    const value = rawHeaders[2 * i + 1] as string;
    // As most targets and clients write it.
    if (value === "keep-alive") continue;
    const lower = value.toLowerCase();
    if (lower === option || lower.split(",").some((one) => one.trim() === option)) return true;
  }
  return false;
}
