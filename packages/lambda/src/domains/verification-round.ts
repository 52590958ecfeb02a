import { reportVerified, type VerifierPorts, verifyDomains } from "@pergola/control-plane";
import { type Key, type Logger, owners } from "@pergola/core";
import { takeLease } from "../store-lease.ts";

export interface VerificationRoundPorts extends VerifierPorts {
  readonly logger: Logger;
}

/** `idle`: nothing is to be verified; `elsewhere`: another round is at work. */
export type RoundOutcome = "idle" | "elsewhere" | "done" | "to be continued";

const leaseKey: Key = { owner: "domain-verification", id: "lease" };
const progressKey: Key = { owner: "domain-verification", id: "progress" };
/** Time for the lookups that are under way at the end, and for saving; the lease outlasts the round by it. Milliseconds. */
const savingMs = 20_000;

interface Progress {
  readonly after: string;
}

/**
 * Looks up domains for a while, from where the round before stopped: however many there are, and however long their DNS is silent, each
 * has its turn. Of several rounds at once, one works.
 * @param durationMs how long lookups may begin, in milliseconds
 * @throws what the store says
 */
export async function runVerificationRound(ports: VerificationRoundPorts, durationMs: number): Promise<RoundOutcome> {
  const { clock, logger } = ports;
  const { items } = await ports.store.list(owners.watchedDomains, { limit: 1 });
  if (items.length === 0) return "idle";
  const until = clock.now().getTime() + durationMs;
  const lease = await takeLease(ports.store, leaseKey, until + savingMs, clock);
  if (lease === undefined) return "elsewhere";
  const { store } = lease;
  const known = await store.get<Progress>(progressKey);
  const result = await verifyDomains({ ...ports, store }, { after: known?.value.after ?? "", until });
  reportVerified(result, logger);
  const { stoppedAfter } = result;
  if (stoppedAfter !== undefined) {
    await store.transact([{ kind: "put", key: progressKey, value: { after: stoppedAfter }, expect: "any" }]);
  } else if (known !== undefined) {
    await store.transact([{ kind: "delete", key: progressKey, expect: "any" }]);
  }
  await lease.release();
  return stoppedAfter === undefined ? "done" : "to be continued";
}
