import { setImmediate as turn } from "node:timers/promises";
import { type ConfigStore, owners, targetKey, type Write } from "@pergola/core";
import type { CheckPorts } from "./target-check.ts";

/** One less than a transaction holds: a host may add a condition of its own. */
const maxWrites = 99;

interface Waiting {
  readonly write: Write;
  readonly told: { resolve(): void; reject(error: unknown): void }[];
}

/**
 * Saves what checks find out. Those that come at one time share a transaction: with thousands of targets, a wait for the disk for each
 * would hold up everything else.
 */
export function saveHealth(store: ConfigStore): CheckPorts["save"] {
  /** By key: of two for one target, the later one is saved. */
  const waiting = new Map<string, Waiting>();
  let working = false;

  const saveSome = async (): Promise<void> => {
    const some = [...waiting].slice(0, maxWrites);
    for (const [name] of some) waiting.delete(name);
    const told = some.flatMap(([, one]) => one.told);
    try {
      await store.transact(some.map(([, { write }]) => write));
      for (const { resolve } of told) resolve();
    } catch (error) {
      for (const { reject } of told) reject(error);
    }
  };
  const workOff = async (): Promise<void> => {
    // Whatever has been found out by now gets to join.
    await turn();
    while (waiting.size > 0) await saveSome();
    working = false;
  };
  return (groupId, target, value) =>
    new Promise((resolve, reject) => {
      const key = { owner: owners.health(groupId), id: targetKey(target) };
      const name = `${key.owner}\n${key.id}`;
      const told = [...(waiting.get(name)?.told ?? []), { resolve, reject }];
      waiting.delete(name);
      waiting.set(name, { write: { kind: "put", key, value, expect: "any" }, told });
      if (working) return;
      working = true;
      void workOff();
    });
}
