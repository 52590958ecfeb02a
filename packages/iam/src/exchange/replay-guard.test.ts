import { openMemoryStore } from "@pergola/core";
import { describe, expect, it } from "vitest";
import { createMemoryReplayGuard, type ReplayGuard, ReplayGuardFull } from "./replay-guard.ts";
import { createStoreReplayGuard } from "./store-replay-guard.ts";

const start = Date.parse("2026-11-23T12:00:00Z");
const later = new Date(start + 300_000);

const guards: readonly (readonly [string, (clock: { now(): Date }) => ReplayGuard])[] = [
  ["in memory", ({ now }) => createMemoryReplayGuard({ now })],
  ["in a store", (clock) => createStoreReplayGuard(openMemoryStore(clock))],
];

describe.each(guards)("a replay guard %s", (_kind, open) => {
  it("lets a proof through once", async () => {
    const guard = open({ now: () => new Date(start) });
    expect(await guard.take("a".repeat(64), later)).toBe(true);
    expect(await guard.take("a".repeat(64), later)).toBe(false);
    expect(await guard.take("b".repeat(64), later)).toBe(true);
  });

  it("lets one of a hundred through that come at once", async () => {
    const guard = open({ now: () => new Date(start) });
    const taken = await Promise.all(Array.from({ length: 100 }, () => guard.take("a".repeat(64), later)));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  it("remembers a proof for as long as it could be used", async () => {
    let time = start;
    const guard = open({ now: () => new Date(time) });
    await guard.take("a".repeat(64), later);
    time = later.getTime() - 1;
    expect(await guard.take("a".repeat(64), later)).toBe(false);
  });
});

it("a guard in memory that is full refuses rather than forgets, and goes on when proofs have become too old", async () => {
  let time = start;
  const guard = createMemoryReplayGuard({ now: () => new Date(time), maxRemembered: 2 });
  await guard.take("a", later);
  await guard.take("b", later);

  await expect(guard.take("c", later)).rejects.toThrow(ReplayGuardFull);
  time = later.getTime();
  expect(await guard.take("c", new Date(time + 1_000))).toBe(true);
});

it("a guard in a store does not keep signatures, and says so when the store is away", async () => {
  const written: unknown[] = [];
  const guard = createStoreReplayGuard({ transact: async (writes) => void written.push(...writes) });
  await guard.take("a1".repeat(32), later);
  expect(JSON.stringify(written)).not.toContain("a1a1a1a1");

  const away = createStoreReplayGuard({ transact: () => Promise.reject(new Error("away")) });
  await expect(away.take("a", later)).rejects.toThrow("away");
});
