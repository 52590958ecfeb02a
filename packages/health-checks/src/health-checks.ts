import { type Clock, type ConfigStore, type Key, type Logger, owners, slots } from "@pergola/core";
import { CheckedGroups, type HealthProgress } from "./checked-groups.ts";
import { firstProbes } from "./first-probes.ts";
import { networkProber } from "./network-prober.ts";
import type { Prober } from "./prober.ts";
import { saveHealth } from "./save-health.ts";
import type { CheckPorts } from "./target-check.ts";

export interface HealthCheckOptions {
  readonly store: ConfigStore;
  readonly clock: Clock;
  readonly targets: CheckPorts["targets"];
  readonly prober?: Prober;
  readonly logger: Logger;
  /** Probes under way at once; default 256, since dead targets hold theirs for the whole timeout. */
  readonly maxConcurrent?: number;
  /** Progress of an earlier process, by group: its counts and intervals go on. */
  readonly resume?: HealthProgress;
  /** How often groups and targets are read anew, in milliseconds, where the store's `watch` does not see other processes. */
  readonly rescanMs?: number;
}

export interface HealthChecks {
  /** @returns what another process needs to go on */
  progress(): HealthProgress;
  /** Stops all probing; resolves when nothing is under way any more. */
  close(): Promise<void>;
}

/** Pause after which a group that could not be read is read again, in milliseconds. */
const retryMs = 1_000;

/**
 * Checks the targets of every group in use, and follows the store as groups and targets come, change and go. What it finds
 * out it writes to `owners.health`, only when a status changes.
 */
export function startHealthChecks(options: HealthCheckOptions): HealthChecks {
  const { store, clock, targets, prober = networkProber, logger, maxConcurrent = 256, resume = {}, rescanMs } = options;
  const ports: CheckPorts = {
    clock,
    targets,
    prober,
    logger,
    slots: slots(maxConcurrent),
    firstPause: firstProbes(),
    save: saveHealth(store),
  };
  const groups = new CheckedGroups(store, ports, resume);
  let closed = false;
  let running: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;

  const refreshSoon = (): void => {
    if (closed || running !== undefined) return;
    clearTimeout(retry);
    running = groups
      .refresh(() => closed)
      .then(
        () => groups.areStale,
        (cause: unknown) => {
          if (closed) return false;
          logger.error("health checks could not read their targets, and will try again", { cause });
          retry = setTimeout(refreshSoon, retryMs);
          return false;
        },
      )
      .then((again) => {
        running = undefined;
        if (again) refreshSoon();
      });
  };
  const unwatch = store.watch((keys) => {
    groups.noteStale(keys.flatMap(changedGroup));
    if (groups.areStale) refreshSoon();
  });
  refreshSoon();
  const rescan = (): void => {
    groups.noteAllStale();
    refreshSoon();
  };
  const rescanning = rescanMs === undefined ? undefined : setInterval(rescan, rescanMs);

  return {
    progress: () => groups.progress(),
    async close() {
      closed = true;
      unwatch();
      clearTimeout(retry);
      clearInterval(rescanning);
      await running;
      await groups.stop();
    },
  };
}

const targetsSuffix = owners.targets("");

/** @returns the id of the group whose checks a changed key concerns, if any */
function changedGroup({ owner, id }: Key): readonly string[] {
  if (owner === owners.checkedGroups) return [id];
  return owner.endsWith(targetsSuffix) ? [owner.slice(0, -targetsSuffix.length)] : [];
}
