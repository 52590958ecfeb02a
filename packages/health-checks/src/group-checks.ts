import {
  type ConfigStore,
  isHealthChecked,
  owners,
  type Target,
  type TargetGroupSnapshot,
  type TargetHealth,
  targetKey,
} from "@pergola/core";
import { listAll } from "./list-all.ts";
import { type CheckPorts, startTargetCheck, type TargetCheck, type TargetProgress } from "./target-check.ts";

/** How far the checks of a group's targets have come, by target. */
export type GroupProgress = Readonly<Record<string, TargetProgress>>;

/** The checks of one group's targets. */
export interface GroupChecks {
  /**
   * Reads the group and its targets, and makes the checks those that they ask for. One call at a time.
   * @returns false when no target is checked any more
   */
  refresh(): Promise<boolean>;
  progress(): GroupProgress;
  stop(): Promise<void>;
}

/** One less than a transaction holds: a host may add a condition of its own. */
const maxWrites = 99;

/** @param earlier what an earlier process had found out about these targets */
export function groupChecks(
  groupId: string,
  store: ConfigStore,
  ports: CheckPorts,
  earlier: GroupProgress = {},
): GroupChecks {
  const resumable = new Map(Object.entries(earlier));
  const checks = new Map<string, { check: TargetCheck; configuration: string }>();

  const stop = async (key: string): Promise<void> => {
    const running = checks.get(key);
    checks.delete(key);
    await running?.check.stop();
  };
  const removeHealth = async (keys: readonly string[]): Promise<void> => {
    for (let at = 0; at < keys.length; at += maxWrites) {
      const some = keys.slice(at, at + maxWrites);
      const owner = owners.health(groupId);
      await store.transact(some.map((id) => ({ kind: "delete", key: { owner, id }, expect: "any" })));
    }
  };
  const start = async (group: TargetGroupSnapshot, target: Target, health: TargetHealth | undefined): Promise<void> => {
    const key = targetKey(target);
    const configuration = JSON.stringify([group.type, group.config, target]);
    if (checks.get(key)?.configuration === configuration) return;
    await stop(key);
    // Re-registered after draining, or checked in another way: the status stands until probes change it.
    const check = startTargetCheck(group, target, health?.status ?? "INITIAL", ports, resumable.get(key));
    // Once only: a check in another way begins anew.
    resumable.delete(key);
    checks.set(key, { check, configuration });
  };

  return {
    async refresh() {
      const stored = await store.get<TargetGroupSnapshot>({ owner: owners.checkedGroups, id: groupId });
      const group = stored?.value;
      const checked = group !== undefined && isHealthChecked(group);
      const found = checked ? await listAll<Target>(store, owners.targets(groupId)) : [];
      const targets = new Map(found.map(({ value }) => [targetKey(value), value]));
      for (const key of [...checks.keys()]) {
        const target = targets.get(key);
        if (target === undefined || target.drainingSince !== undefined) await stop(key);
      }
      // Read after the stopping, so that no check can store what is to be removed.
      const health = new Map(
        (await listAll<TargetHealth>(store, owners.health(groupId))).map((item) => [item.id, item.value]),
      );
      if (group !== undefined) {
        if (group.type === "INSTANCE") await resolveAddresses(targets.values(), ports);
        for (const [key, target] of targets) {
          if (target.drainingSince === undefined) await start(group, target, health.get(key));
        }
      }
      await removeHealth([...health.keys()].filter((key) => !targets.has(key)));
      return checks.size > 0;
    },
    progress() {
      const entries = [...checks].flatMap(([key, { check }]) => {
        const progress = check.progress();
        return progress === undefined ? [] : [[key, progress] as const];
      });
      return Object.fromEntries(entries);
    },
    async stop() {
      await Promise.all([...checks.keys()].map(stop));
    },
  };
}

/** An instance whose address could not be found out is probed like any other: without one, the probe fails and says so. */
async function resolveAddresses(targets: Iterable<Target>, { targets: directory, logger }: CheckPorts): Promise<void> {
  try {
    await directory.resolve?.([...targets].map(({ id }) => ({ type: "INSTANCE", id })));
  } catch (cause) {
    logger.warn("the addresses of instances could not be looked up", { cause });
  }
}
