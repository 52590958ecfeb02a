import { type Clock, type ConfigStore, type Key, type Logger, owners, slots } from "@pergola/core";
import { firstProbes } from "./first-probes.ts";
import { type GroupChecks, type GroupProgress, groupChecks } from "./group-checks.ts";
import { listAll } from "./list-all.ts";
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

/** How far all checks have come, by target group; JSON. */
export type HealthProgress = Readonly<Record<string, GroupProgress>>;

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
export function startHealthChecks({
  store,
  clock,
  targets,
  prober = networkProber,
  logger,
  maxConcurrent = 256,
  resume = {},
  rescanMs,
}: HealthCheckOptions): HealthChecks {
  const ports: CheckPorts = {
    clock,
    targets,
    prober,
    logger,
    slots: slots(maxConcurrent),
    firstPause: firstProbes(),
    save: saveHealth(store),
  };
  const groups = new Map<string, GroupChecks>();
  const stale = new Set<string>();
  let known = false;
  let closed = false;
  let running: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;

  const groupOf = (id: string): GroupChecks => {
    const group = groups.get(id) ?? groupChecks(id, store, ports, resume[id]);
    groups.set(id, group);
    return group;
  };
  const findGroups = async (): Promise<void> => {
    for (const { id } of await listAll(store, owners.checkedGroups)) stale.add(id);
    known = true;
  };
  const refresh = async (): Promise<void> => {
    if (!known) await findGroups();
    for (let [id] = stale; id !== undefined && !closed; [id] = stale) {
      // Taken out before the reading: a change during it makes it stale again.
      stale.delete(id);
      try {
        if (!(await groupOf(id).refresh())) groups.delete(id);
      } catch (error) {
        stale.add(id);
        throw error;
      }
    }
  };
  const refreshSoon = (): void => {
    if (closed || running !== undefined) return;
    clearTimeout(retry);
    running = refresh()
      .then(
        () => stale.size > 0,
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
    for (const id of keys.flatMap(changedGroup)) stale.add(id);
    if (stale.size > 0) refreshSoon();
  });
  refreshSoon();
  const rescan = (): void => {
    known = false;
    for (const id of groups.keys()) stale.add(id);
    refreshSoon();
  };
  const rescanning = rescanMs === undefined ? undefined : setInterval(rescan, rescanMs);

  return {
    progress: () => Object.fromEntries([...groups].map(([id, group]) => [id, group.progress()])),
    async close() {
      closed = true;
      unwatch();
      clearTimeout(retry);
      clearInterval(rescanning);
      await running;
      await Promise.all([...groups.values()].map((group) => group.stop()));
    },
  };
}

const targetsSuffix = owners.targets("");

/** @returns the id of the group whose checks a changed key concerns, if any */
function changedGroup({ owner, id }: Key): readonly string[] {
  if (owner === owners.checkedGroups) return [id];
  return owner.endsWith(targetsSuffix) ? [owner.slice(0, -targetsSuffix.length)] : [];
}
