import type { Clock, ConfigStore, Key, Logger } from "@pergola/core";
import { type HealthCheckOptions, type HealthProgress, type Prober, startHealthChecks } from "@pergola/health-checks";
import { takeLease } from "../store-lease.ts";

export interface CheckRoundPorts {
  readonly store: ConfigStore;
  readonly clock: Clock;
  readonly targets: HealthCheckOptions["targets"];
  readonly logger: Logger;
  readonly prober?: Prober;
}

const leaseKey: Key = { owner: "health-checks", id: "lease" };
const progressKey: Key = { owner: "health-checks", id: "progress" };
/** Time that saving takes at most; the lease outlasts the round by it. Milliseconds. */
const savingMs = 5_000;
/** How often groups and targets are read anew within a round. Milliseconds. */
const rescanMs = 10_000;

/**
 * Checks all targets for a while, and leaves what it has found out to the next round: a schedule of one a minute makes probing that
 * never stops, whatever the interval of a group. Of several rounds at once, one works.
 * @param durationMs how long to probe, in milliseconds
 * @returns whether this round was the one
 * @throws what the store says
 */
export async function runCheckRound(ports: CheckRoundPorts, durationMs: number): Promise<boolean> {
  const { clock, logger } = ports;
  const until = clock.now().getTime() + durationMs;
  const lease = await takeLease(ports.store, leaseKey, until + savingMs, clock);
  if (lease === undefined) {
    logger.info("health checks are at work elsewhere");
    return false;
  }
  const { store } = lease;
  const known = await store.get<HealthProgress>(progressKey);
  const checks = startHealthChecks({ ...ports, store, resume: known?.value ?? {}, rescanMs });
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - clock.now().getTime())));
  const progress = checks.progress();
  await checks.close();
  // In one transaction with the end of the lease, the next round cannot miss it; in two, it would only find it a little old.
  await store.transact([{ kind: "put", key: progressKey, value: progress, expect: "any" }]);
  await lease.release();
  return true;
}
