import type { ConfigStore, Key, Scope } from "@pergola/core";
import { owners } from "@pergola/core";

/** A change's id as people see it: `chg-`, the moment in microseconds (16 digits) and 8 hex digits. */
const idPattern = /^chg-(\d{16})([0-9a-f]{8})$/;

/** The last moment that each store was given, in µs. */
const lastMoments = new WeakMap<ConfigStore, number>();

/**
 * @param random 8 hex digits, for changes that two processes make in one microsecond
 * @returns an id greater than all that this process gave for the store before, whatever the clock does
 */
export function newChangeId(store: ConfigStore, now: Date, random: string): string {
  const moment = Math.max(now.getTime() * 1000, (lastMoments.get(store) ?? 0) + 1);
  lastMoments.set(store, moment);
  return `chg-${String(moment).padStart(16, "0")}${random}`;
}

/** @returns true for what may be a change's id */
export function isChangeId(text: string): boolean {
  return idPattern.test(text);
}

/**
 * Stores list in ascending order only, and history is read newest first: so each digit of the moment is its complement in the key.
 * @param id has the form of a change's id
 */
export function changeKey(scope: Scope, id: string): Key {
  const [, moment = "", random = ""] = idPattern.exec(id) ?? [];
  const complement = moment.replace(/\d/g, (digit) => String(9 - Number(digit)));
  return { owner: owners.history(scope), id: complement + random };
}
