import type { Key, StoreWatchers } from "@pergola/core";

/** @returns a function that tells the watchers of keys, whatever was done to them */
export function tellKeys(watchers: StoreWatchers): (keys: readonly Key[]) => void {
  return (keys) => watchers.tell(keys.map((key) => ({ kind: "delete", key, expect: "any" })));
}
