import { type ConfigStore, openMemoryStore, owners, systemClock, targetKey, VersionConflict } from "@pergola/core";
import type { Prober } from "@pergola/health-checks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { takeLease } from "../store-lease.ts";
import { runCheckRound } from "./check-round.ts";

const groupId = "tg-0123456789abcdef0";
const target = { id: "10.0.0.1", port: 8080 };
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe("rounds of health checks", () => {
  let store: ConfigStore;
  let probes: number;
  const failing: Prober = {
    async probe() {
      probes += 1;
      throw new Error("connect ECONNREFUSED");
    },
  };
  /** Takes the test's own time. */
  const round = async (durationMs: number): Promise<boolean> => {
    let isOver = false;
    const ports = { store, clock: systemClock, targets: { addressOf: () => undefined }, logger: silent };
    const result = runCheckRound({ ...ports, prober: failing }, durationMs).finally(() => {
      isOver = true;
    });
    while (!isOver) await vi.advanceTimersByTimeAsync(10);
    return result;
  };
  const statusOf = async (): Promise<unknown> =>
    (await store.get<{ status: string }>({ owner: owners.health(groupId), id: targetKey(target) }))?.value.status;

  afterEach(() => void vi.useRealTimers());
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
    store = openMemoryStore();
    probes = 0;
    const healthCheck = {
      enabled: true,
      healthCheckIntervalSeconds: 0.5,
      unhealthyThresholdCount: 2,
      matcher: { httpCode: "200" },
    };
    const group = { id: groupId, arn: groupId, type: "IP", config: { port: 80, healthCheck }, serviceId: "svc-1" };
    const registered = { targetGroupId: groupId, registeredAt: "2026-11-23T00:00:00Z", ...target };
    await store.transact([
      { kind: "put", key: { owner: owners.checkedGroups, id: groupId }, value: group, expect: "any" },
      { kind: "put", key: { owner: owners.targets(groupId), id: targetKey(target) }, value: registered, expect: "any" },
    ]);
  });

  it("count together: what one has found out, the next goes on with", async () => {
    expect(await round(300)).toBe(true);
    expect([probes, await statusOf()]).toEqual([1, undefined]);
    expect(await round(500)).toBe(true);
    expect([probes, await statusOf()]).toEqual([2, "UNHEALTHY"]);
  });

  it("never probe twice at once", async () => {
    const both = await Promise.all([round(300), round(300)]);
    expect(both.filter(Boolean)).toHaveLength(1);
    expect(probes).toBe(1);
    expect(await round(50)).toBe(true);
  });
});

describe("a lease", () => {
  const key = { owner: "health-checks", id: "lease" };

  it("is one process's until its time is over, or it gives it back", async () => {
    const store = openMemoryStore();
    let time = Date.now();
    const clock = { now: () => new Date(time) };
    const soon = time + 80;
    const first = await takeLease(store, key, soon, clock);
    expect(first).toBeDefined();
    expect(await takeLease(store, key, soon, clock)).toBeUndefined();
    await first?.release();
    expect(await takeLease(store, key, soon, clock)).toBeDefined();
    time = soon;
    expect(await takeLease(store, key, time + 1_000, clock)).toBeDefined();
  });

  it("that was taken over lets its former holder write nothing, and release nothing", async () => {
    const store = openMemoryStore();
    const first = await takeLease(store, key, Date.now() - 1, systemClock);
    const second = await takeLease(store, key, Date.now() + 10_000, systemClock);
    const write = { kind: "put", key: { owner: "a", id: "b" }, value: 1, expect: "any" } as const;

    await expect(first?.store.transact([write])).rejects.toThrow(VersionConflict);
    await first?.release();
    await second?.store.transact([write]);
    expect(await store.get(write.key)).toMatchObject({ value: 1 });
  });
});
