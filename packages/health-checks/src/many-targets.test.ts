import { openMemoryStore, owners, type Target, targetKey, type Write } from "@pergola/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { firstProbes } from "./first-probes.ts";
import { startHealthChecks } from "./health-checks.ts";
import type { Prober } from "./prober.ts";

const groupIds = Array.from({ length: 4 }, (_, index) => `tg-0000000000000000${index}`);
const targetsOfGroup = 150;
const count = groupIds.length * targetsOfGroup;
/** Nearly as crowded as 10,000 targets with an interval of 5 s, the shortest there is. */
const intervalMs = 400;

/** A store with 600 targets in groups that are in use. */
async function storeOfMany(): Promise<ReturnType<typeof openMemoryStore>> {
  const store = openMemoryStore();
  for (const [index, id] of groupIds.entries()) {
    const healthCheck = {
      enabled: true,
      healthCheckIntervalSeconds: intervalMs / 1_000,
      healthCheckTimeoutSeconds: 0.1,
    };
    const group = { id, arn: `arn:${id}`, type: "IP", config: { port: 80, healthCheck } };
    const puts = Array.from({ length: targetsOfGroup }, (_, number): Write => {
      const address = `10.${index}.${number >> 8}.${number & 255}`;
      const value: Target = { targetGroupId: id, id: address, port: 80, registeredAt: "2026-11-23T00:00:00Z" };
      return { kind: "put", key: { owner: owners.targets(id), id: targetKey(value) }, value, expect: "any" };
    });
    for (let at = 0; at < puts.length; at += 50) await store.transact(puts.slice(at, at + 50));
    await store.transact([{ kind: "put", key: { owner: owners.checkedGroups, id }, value: group, expect: "any" }]);
  }
  return store;
}

/** Time is the test's own: the processor's share of it does not count. */
beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] }));
afterEach(() => void vi.useRealTimers());

it("600 targets that are there at a start are each probed once an interval, evenly spread over it", async () => {
  const times = new Map<string, number[]>();
  let under = 0;
  let mostUnder = 0;
  const prober: Prober = {
    async probe({ address }) {
      times.set(address, [...(times.get(address) ?? []), performance.now()]);
      under += 1;
      mostUnder = Math.max(mostUnder, under);
      await new Promise((done) => setTimeout(done, 10));
      under -= 1;
      return 200;
    },
  };
  const store = await storeOfMany();
  const begin = performance.now();
  const checks = startHealthChecks({
    store,
    clock: { now: () => new Date() },
    targets: { addressOf: () => undefined },
    prober,
    logger: { info: () => {}, warn: () => {}, error: () => {} },
  });
  while (vi.getTimerCount() < count) await new Promise((done) => setImmediate(done));
  await vi.advanceTimersByTimeAsync(4 * intervalMs);
  const closed = checks.close();
  await vi.advanceTimersByTimeAsync(1_000);
  await closed;
  await store.close();

  expect(times.size).toBe(count);
  // Fifteen on the average: each takes ten milliseconds, and chance does not bring fifty together.
  expect(mostUnder).toBeLessThan(50);
  const gaps = [...times.values()].flatMap((of) =>
    [begin, ...of].slice(1).map((at, i) => at - ([begin, ...of][i] ?? 0)),
  );
  expect(Math.max(...gaps)).toBeLessThanOrEqual(1.05 * intervalMs + 2);
  const later = [...times.values()].flatMap((of) => of.slice(1).map((at, i) => at - (of[i] ?? 0)));
  expect(Math.min(...later)).toBeGreaterThanOrEqual(0.95 * intervalMs - 2);
  expect(Math.max(...later) - Math.min(...later)).toBeGreaterThan(0.05 * intervalMs);
  // A tenth of an interval has a tenth of the targets where it is even.
  const shares = Map.groupBy([...times.values()].flat(), (at) => Math.floor((at - begin) / (intervalMs / 10)));
  for (const probes of shares.values()) expect(probes.length / count).toBeLessThan(0.15);
});

it("a target that comes when nothing else does is probed at once, and those of a restart as far apart", async () => {
  const pauses = firstProbes();
  expect(pauses(30_000)).toBe(0);
  expect(pauses(30_000)).toBe(1);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(pauses(30_000)).toBe(0);
  const many = Array.from({ length: 10_000 }, () => pauses(5_000));
  expect(Math.max(...many)).toBeLessThanOrEqual(5_000);
});
