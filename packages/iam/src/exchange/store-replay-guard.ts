import { createHash } from "node:crypto";
import { type ConfigStore, VersionConflict } from "@pergola/core";
import type { ReplayGuard } from "./replay-guard.ts";

/** Clocks of the processes that share the store may differ by less than this. Seconds. */
const reserve = 60;

/**
 * A guard for all processes that share a store. Items go by their time to live. They are spread over 256 owners, since one
 * owner's items are one partition of DynamoDB and take 1,000 writes a second.
 */
export function createStoreReplayGuard(store: Pick<ConfigStore, "transact">): ReplayGuard {
  return {
    async take(signature, until) {
      // A hash: whoever reads the store shall not find signatures there.
      const id = createHash("sha256").update(signature).digest("hex");
      const key = { owner: `exchange/taken/${id.slice(0, 2)}`, id };
      const expiresAt = Math.ceil(until.getTime() / 1000) + reserve;
      try {
        await store.transact([{ kind: "put", key, value: {}, expect: "absent", expiresAt }]);
        return true;
      } catch (error) {
        if (error instanceof VersionConflict) return false;
        throw error;
      }
    },
  };
}
