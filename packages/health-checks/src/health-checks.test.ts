import {
  type ConfigStore,
  type HealthCheckConfig,
  openMemoryStore,
  owners,
  type Target,
  type TargetGroupSnapshot,
  type TargetHealth,
  targetKey,
} from "@pergola/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type HealthCheckOptions, type HealthChecks, startHealthChecks } from "./health-checks.ts";
import type { Probe, Prober } from "./prober.ts";

/** For what takes some tens of milliseconds. */
const patient = { timeout: 10_000 };
const groupId = "tg-0123456789abcdef0";
const target = (id: string, port = 8080): Target => ({
  targetGroupId: groupId,
  id,
  port,
  registeredAt: "2026-11-23T00:00:00Z",
});

describe("health checks", () => {
  let store: ConfigStore;
  let checks: HealthChecks | undefined;
  let answers: Map<string, number | "refused" | "silent">;
  let probes: Probe[];
  let under = 0;
  let mostUnder = 0;
  let logged: string[];
  const prober: Prober = {
    async probe(probe, signal) {
      probes.push(probe);
      under += 1;
      mostUnder = Math.max(mostUnder, under);
      try {
        await new Promise((resolve) => setTimeout(resolve, 2));
        signal.throwIfAborted();
        const answer = answers.get(probe.address) ?? "refused";
        if (answer === "refused") throw new Error("connect ECONNREFUSED");
        if (answer === "silent")
          await new Promise((_, no) => signal.addEventListener("abort", () => no(signal.reason)));
        return Number(answer);
      } finally {
        under -= 1;
      }
    },
  };
  const addresses = new Map<string, string>();
  const note = (message: string): void => void logged.push(message);
  const start = (more: Partial<HealthCheckOptions> = {}): void => {
    checks = startHealthChecks({
      store,
      clock: { now: () => new Date("2026-11-23T10:00:00Z") },
      targets: { addressOf: ({ id }) => addresses.get(id) },
      prober,
      logger: { info: note, warn: note, error: note },
      ...more,
    });
  };
  const putGroup = async (
    healthCheck: Partial<HealthCheckConfig> = {},
    type: TargetGroupSnapshot["type"] = "IP",
  ): Promise<void> => {
    const quick = { healthCheckIntervalSeconds: 0.03, healthyThresholdCount: 3, unhealthyThresholdCount: 2 };
    const config = { port: 80, healthCheck: { enabled: true, ...quick, ...healthCheck } };
    const value = { id: groupId, arn: `arn:${groupId}`, type, config, serviceId: "svc-0123456789abcdef0" };
    await store.transact([{ kind: "put", key: { owner: owners.checkedGroups, id: groupId }, value, expect: "any" }]);
  };
  const putTarget = (value: Target): Promise<void> =>
    store.transact([
      { kind: "put", key: { owner: owners.targets(groupId), id: targetKey(value) }, value, expect: "any" },
    ]);
  const removeTarget = (value: Target): Promise<void> =>
    store.transact([{ kind: "delete", key: { owner: owners.targets(groupId), id: targetKey(value) }, expect: "any" }]);
  const healthOf = async (value: Target): Promise<TargetHealth | undefined> =>
    (await store.get<TargetHealth>({ owner: owners.health(groupId), id: targetKey(value) }))?.value;
  const becomes = (value: Target, status: TargetHealth["status"] | undefined): Promise<unknown> =>
    vi.waitUntil(async () => (await healthOf(value))?.status === status, { ...patient, interval: 5 });
  const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

  beforeEach(() => {
    store = openMemoryStore();
    answers = new Map([
      ["10.0.0.1", 200],
      ["10.0.0.2", 200],
    ]);
    probes = [];
    logged = [];
    mostUnder = 0;
    addresses.clear();
  });
  afterEach(async () => {
    await checks?.close();
    await store.close();
  });

  it("find each target's own status, by the whole way through", async () => {
    await putGroup();
    await putTarget(target("10.0.0.1"));
    await putTarget(target("10.0.0.3"));
    start();

    await becomes(target("10.0.0.1"), "HEALTHY");
    await becomes(target("10.0.0.3"), "UNHEALTHY");
    expect(await healthOf(target("10.0.0.1"))).toEqual({ status: "HEALTHY", since: "2026-11-23T10:00:00.000Z" });
    expect(await healthOf(target("10.0.0.3"))).toEqual({
      status: "UNHEALTHY",
      since: "2026-11-23T10:00:00.000Z",
      reasonCode: "HealthCheckFailed",
    });

    answers.set("10.0.0.1", 500).set("10.0.0.3", 200);
    await becomes(target("10.0.0.1"), "UNHEALTHY");
    await becomes(target("10.0.0.3"), "HEALTHY");
  });

  it("go on where an earlier process stopped: its failures count, and its interval", async () => {
    await putGroup({ healthCheckIntervalSeconds: 0.4, unhealthyThresholdCount: 3 });
    await putTarget(target("10.0.0.3"));
    const probedAt = Date.parse("2026-11-23T10:00:00Z") - 100;
    start({ resume: { [groupId]: { "10.0.0.3:8080": { against: 2, probedAt } } } });

    await pause(250);
    expect(probes).toEqual([]);
    await becomes(target("10.0.0.3"), "UNHEALTHY");
    expect(probes).toHaveLength(1);
    expect(checks?.progress()).toEqual({
      [groupId]: { "10.0.0.3:8080": { against: 0, probedAt: Date.parse("2026-11-23T10:00:00Z") } },
    });
  });

  it("find new groups and targets of a store that tells nothing of other processes", async () => {
    start({ store: { ...store, watch: () => () => undefined }, rescanMs: 50 });
    await pause(20);
    await putGroup();
    await putTarget(target("10.0.0.1"));
    await becomes(target("10.0.0.1"), "HEALTHY");
    await putTarget(target("10.0.0.2"));
    await becomes(target("10.0.0.2"), "HEALTHY");
  });

  it("write only when a status changes", async () => {
    let writes = 0;
    await putGroup();
    await putTarget(target("10.0.0.1"));
    store.watch(() => {
      writes += 1;
    });
    start();
    await becomes(target("10.0.0.1"), "HEALTHY");

    await vi.waitUntil(() => probes.length > 6, patient);

    expect(writes).toBe(1);
  });

  it("ask as the group is configured, and follow changes of it", async () => {
    addresses.set("i-0123456789abcdef0", "10.0.0.1");
    const instance = target("i-0123456789abcdef0");
    await putGroup({}, "INSTANCE");
    await putTarget(instance);
    start();
    await becomes(instance, "HEALTHY");
    expect(probes[0]).toMatchObject({
      address: "10.0.0.1",
      port: 8080,
      path: "/",
      protocol: "HTTP",
      protocolVersion: "HTTP1",
    });

    const changed = { port: 9000, path: "/h?x=1", protocol: "HTTPS", protocolVersion: "HTTP2" } as const;
    await putGroup({ ...changed, matcher: { httpCode: "404" } }, "INSTANCE");

    await becomes(instance, "UNHEALTHY");
    expect(probes.at(-1)).toMatchObject(changed);
    answers.set("10.0.0.1", 404);
    await becomes(instance, "HEALTHY");
  });

  it("fail for an instance whose address is not known", async () => {
    await putGroup({}, "INSTANCE");
    await putTarget(target("i-0123456789abcdef0"));
    start();

    await becomes(target("i-0123456789abcdef0"), "UNHEALTHY");
    expect(probes).toEqual([]);
  });

  it("fail after the timeout", async () => {
    answers.set("10.0.0.1", "silent");
    await putGroup({ healthCheckTimeoutSeconds: 0.02 });
    await putTarget(target("10.0.0.1"));
    start();

    await becomes(target("10.0.0.1"), "UNHEALTHY");
  });

  it("follow targets that come and go, and forget the health of those gone", async () => {
    await putGroup();
    await putTarget(target("10.0.0.1"));
    start();
    await becomes(target("10.0.0.1"), "HEALTHY");

    await putTarget(target("10.0.0.2", 1));
    await becomes(target("10.0.0.2", 1), "HEALTHY");
    await removeTarget(target("10.0.0.1"));
    await becomes(target("10.0.0.1"), undefined);

    const from = probes.length;
    await pause(120);
    expect(probes.slice(from).every(({ address }) => address === "10.0.0.2")).toBe(true);
    expect(await healthOf(target("10.0.0.1"))).toBeUndefined();
  });

  it("leave draining targets alone, and take them up again when they are registered again", async () => {
    await putGroup();
    await putTarget(target("10.0.0.1"));
    start();
    await becomes(target("10.0.0.1"), "HEALTHY");

    await putTarget({ ...target("10.0.0.1"), drainingSince: "2026-11-23T10:00:00Z" });
    await pause(20);
    const from = probes.length;
    await pause(120);
    expect(probes.length).toBe(from);

    await putTarget(target("10.0.0.1"));
    await vi.waitUntil(() => probes.length > from, patient);
  });

  it.each<[string, () => Promise<void>]>([
    [
      "is no longer in use",
      () => store.transact([{ kind: "delete", key: { owner: owners.checkedGroups, id: groupId }, expect: "any" }]),
    ],
    ["is no longer checked", () => putGroup({ enabled: false })],
  ])("end, and forget what they know, when a group %s", async (_, change) => {
    await putGroup();
    await putTarget(target("10.0.0.1"));
    start();
    await becomes(target("10.0.0.1"), "HEALTHY");

    await change();
    await becomes(target("10.0.0.1"), undefined);

    const from = probes.length;
    await pause(120);
    expect(probes.length).toBe(from);
  });

  it.each(["LAMBDA", "ALB"] as const)("are not for %s groups", async (type) => {
    await putGroup({}, type);
    await putTarget(target("10.0.0.1"));
    start();
    await pause(150);

    expect(probes).toEqual([]);
  });

  it("go on from the stored status after a restart", async () => {
    await putGroup();
    await putTarget(target("10.0.0.1"));
    start();
    await becomes(target("10.0.0.1"), "HEALTHY");
    answers.set("10.0.0.1", "refused");
    await becomes(target("10.0.0.1"), "UNHEALTHY");
    await checks?.close();

    answers.set("10.0.0.1", 200);
    probes.length = 0;
    start();
    await becomes(target("10.0.0.1"), "HEALTHY");

    expect(probes.length).toBe(3);
  });

  it("are bounded in number, whatever the number of targets", async () => {
    await putGroup();
    const many = Array.from({ length: 150 }, (_, n) => target(`10.1.0.${n}`));
    for (const one of many) {
      answers.set(one.id, 200);
      await putTarget(one);
    }
    start({ maxConcurrent: 8 });

    for (const one of many) await becomes(one, "HEALTHY");

    expect(mostUnder).toBe(8);
  });

  it("stop at once when closed, also within a probe, and write nothing afterwards", async () => {
    answers.set("10.0.0.1", "silent");
    await putGroup({ healthCheckTimeoutSeconds: 100 });
    await putTarget(target("10.0.0.1"));
    start();
    await vi.waitUntil(() => under === 1, patient);

    await checks?.close();

    expect(under).toBe(0);
    expect(await healthOf(target("10.0.0.1"))).toBeUndefined();
  });

  it("survive a store that is away: what could not be read or written is tried again", async () => {
    let away = true;
    const flaky: ConfigStore = {
      ...store,
      list: (...args) => (away ? Promise.reject(new Error("the store is away")) : store.list(...args)),
      transact: (writes) => (away ? Promise.reject(new Error("the store is away")) : store.transact(writes)),
    };
    await putGroup();
    await putTarget(target("10.0.0.1"));
    start({ store: flaky });
    await pause(50);
    expect(logged).toContain("health checks could not read their targets, and will try again");
    away = false;
    await becomes(target("10.0.0.1"), "HEALTHY");

    away = true;
    answers.set("10.0.0.1", 500);
    await vi.waitUntil(() => logged.includes("a target's health could not be stored"), patient);
    away = false;
    await becomes(target("10.0.0.1"), "UNHEALTHY");
  });
});
