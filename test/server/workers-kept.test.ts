import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Handshake, shakeHands } from "@pergola/core/testing/shake-hands";
import { afterAll, beforeAll, expect, it } from "vitest";
import { errorAction, newListener } from "../harness/lattice-resources.ts";
import { type OpenService, openService } from "../harness/open-service.ts";
import { inParallel, openPlainClient } from "../harness/plain-client.ts";
import { openScene, type Scene } from "../harness/scene.ts";
import { workersOf } from "./workers.ts";

const longTest = { timeout: 60_000 };

let scene: Scene;
let service: OpenService;

beforeAll(async () => {
  scene = await openScene({}, { PERGOLA_WORKERS: "2" });
  service = await openService(scene.client);
  await newListener(scene.client, service.id, { defaultAction: errorAction });
  await newListener(scene.client, service.id, { protocol: "HTTPS", defaultAction: errorAction });
}, 60_000);
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
});

/** Sends requests, each on a connection of its own: they come to the workers in turn. */
async function ask(count: number): Promise<void> {
  await inParallel(count, 4, async () => {
    using client = openPlainClient(service.host, scene.pergola.httpPort, 1);
    await client.send({ path: "/" });
  });
}

/** @returns the counters, by name and labels, as Prometheus sees them */
async function counters(): Promise<Map<string, number>> {
  const text = await (await fetch(`${scene.pergola.apiUrl}/metrics`)).text();
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type]));
  const isCounter = (name: string): boolean => {
    const family = name.replace(/_(bucket|sum|count)$/, "");
    return types.get(name) === "counter" || types.get(family) === "histogram";
  };
  const lines = [...text.matchAll(/^((?:pergola|vpc_lattice)\w+)(\{\S*\})? (\S+)$/gm)];
  return new Map(
    lines.flatMap(([, name = "", labels = "", value]) => (isCounter(name) ? [[name + labels, Number(value)]] : [])),
  );
}

const totalOf = (all: ReadonlyMap<string, number>): number | undefined =>
  all.entries().find(([name]) => name.startsWith("vpc_lattice_service_total_request_count"))?.[1];

async function untilReplaced(old: ReadonlySet<number>): Promise<void> {
  await expect
    .poll(async () => (await workersOf(scene.pergola)).map(({ pid }) => old.has(pid)), { timeout: 30_000 })
    .toEqual([false, false]);
}

it("what workers counted that were replaced is still counted, all of it", longTest, async () => {
  await ask(40);
  await expect.poll(async () => totalOf(await counters())).toBe(40);
  const old = new Set((await workersOf(scene.pergola)).map(({ pid }) => pid));
  process.kill(scene.pergola.pid, "SIGHUP");
  // In the midst of it, and after the last time that the old ones were asked.
  for (let i = 0; i < 10; i += 1) {
    await ask(4);
    await sleep(100);
  }
  await untilReplaced(old);
  await ask(20);

  await expect.poll(async () => totalOf(await counters())).toBe(100);
  const answer = await fetch(`${scene.pergola.apiUrl}/pergola/metrics`);
  expect(await answer.json()).toMatchObject({
    dataPlane: { requests: 100, responses5xx: 100 },
    accessLogs: { written: 0 },
  });
});

it("no counter ever goes down while workers are killed and come back", longTest, async () => {
  let before = await counters();
  let isOver = false;
  const falls: string[] = [];
  const watch = async (): Promise<number> => {
    for (let reads = 0; ; reads += 1) {
      if (isOver) return reads;
      const now = await counters();
      for (const [name, value] of before)
        if ((now.get(name) ?? 0) < value) falls.push(`${name}: ${value} ${now.get(name)}`);
      before = now;
    }
  };
  const reads = watch();
  for (const index of [0, 1]) {
    await ask(20);
    const workers = await workersOf(scene.pergola);
    process.kill(workers[index]?.pid ?? 0, "SIGKILL");
    const isBack = async (): Promise<boolean> => {
      const now = await workersOf(scene.pergola);
      return now.length === 2 && now.every(({ pid }) => pid !== workers[index]?.pid);
    };
    await expect.poll(isBack, { timeout: 20_000 }).toBe(true);
  }
  await ask(20);
  isOver = true;

  expect(await reads).toBeGreaterThan(5);
  expect(falls).toEqual([]);
  expect(totalOf(await counters())).toBeGreaterThan(100 + 20);
});

function shake(version: "TLSv1.2" | "TLSv1.3", session?: Buffer): Promise<Handshake> {
  return shakeHands({
    port: scene.pergola.httpsPort,
    servername: service.host,
    ca: readFileSync(scene.pergola.caFile),
    minVersion: version,
    maxVersion: version,
    ...(session === undefined ? {} : { session }),
  });
}

it.each(["TLSv1.2", "TLSv1.3"] as const)(
  "a session of %s is taken up again on every worker, and by their successors",
  longTest,
  async (version) => {
    const before = await workersOf(scene.pergola);
    let { session, isReused } = await shake(version);
    expect(isReused).toBe(false);
    for (let i = 0; i < 6; i += 1) {
      ({ session, isReused } = await shake(version, session));
      expect(isReused).toBe(true);
    }
    const after = await workersOf(scene.pergola);
    for (const [i, { connections }] of after.entries()) {
      expect(connections - (before[i]?.connections ?? 0)).toBeGreaterThanOrEqual(3);
    }

    process.kill(scene.pergola.pid, "SIGHUP");
    await untilReplaced(new Set(after.map(({ pid }) => pid)));
    for (let i = 0; i < 4; i += 1) expect((await shake(version, session)).isReused).toBe(true);
  },
);

it("a worker that cannot start is tried again at growing distances, while the others carry on", longTest, async () => {
  const { caFile } = scene.pergola;
  const ca = readFileSync(caFile);
  const from = scene.pergola.output().length;
  const [victim, other] = await workersOf(scene.pergola);
  writeFileSync(caFile, "no certificate");
  try {
    process.kill(victim?.pid ?? 0, "SIGKILL");
    const pauses = (): number[] =>
      [
        ...scene.pergola
          .output()
          .slice(from)
          .matchAll(/another takes its place.*?inMs=(\d+)/g),
      ].map(([, ms]) => Number(ms));
    await expect.poll(() => pauses().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
    await ask(8);
    expect((await workersOf(scene.pergola)).map(({ pid }) => pid)).toEqual([other?.pid]);
    const [, first = 0, ...later] = pauses();
    expect(first).toBeGreaterThanOrEqual(1_000);
    for (const [i, pause] of later.entries()) expect(pause).toBe(Math.min(30_000, first * 2 ** (i + 1)));
  } finally {
    writeFileSync(caFile, ca);
  }
  await expect.poll(async () => (await workersOf(scene.pergola)).length, { timeout: 20_000 }).toBe(2);
});
