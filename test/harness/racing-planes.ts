import { setImmediate as turn } from "node:timers/promises";
import type { ConfigStore } from "@pergola/core";
import { type ControlPlaneHarness, startControlPlane } from "./control-plane.ts";
import { interceptTransactions } from "./intercepted-store.ts";

/** Not the same time for all: planes in lock-step would never come between each other's reads. */
async function dawdle(): Promise<void> {
  for (let turns = Math.floor(Math.random() * 8); turns > 0; turns -= 1) await turn();
}

/**
 * Several control planes on one store, as several Lambda instances or processes are: each queues its own writes, none knows of the
 * others'. Every read and every transaction dawdles, so that they do race.
 */
export function startRacingPlanes(store: ConfigStore, count: number): Promise<ControlPlaneHarness[]> {
  const transactLater = async (_: unknown, transact: () => Promise<void>): Promise<void> => {
    await dawdle();
    await transact();
  };
  const slow = interceptTransactions(store, transactLater, dawdle);
  return Promise.all(Array.from({ length: count }, () => startControlPlane({ store: slow })));
}
