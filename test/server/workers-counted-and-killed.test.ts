import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { errorAction, newListener } from "../harness/lattice-resources.ts";
import { type LogPlaces, logToBoth, type OpenService, openService } from "../harness/open-service.ts";
import { startPergola } from "../harness/pergola.ts";
import { openPlainClient } from "../harness/plain-client.ts";
import { openScene, type Scene } from "../harness/scene.ts";
import { entriesWithin, readBucket, readLogGroup } from "../walkthrough/access-log-files.ts";
import { workersOf } from "./workers.ts";

const count = 40;

let scene: Scene;
let service: OpenService;
let places: LogPlaces;
const ids: string[] = [];

beforeAll(async () => {
  scene = await openScene({}, { PERGOLA_WORKERS: "2" });
  service = await openService(scene.client);
  await newListener(scene.client, service.id, { defaultAction: errorAction });
  places = await logToBoth(scene.client, service.id);
  for (let i = 0; i < count; i += 1) await ask();
}, 60_000);
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
});

/** Sends a request on a connection of its own: they come to the workers in turn. */
async function ask(): Promise<void> {
  using client = openPlainClient(service.host, scene.pergola.httpPort, 1);
  ids.push((await client.send({ path: "/" })).requestId);
}

/** @returns the size of what waits in the spool of each worker, by the spool's name */
function spools(): Record<string, number> {
  const dir = join(scene.dataDir, "spool");
  const names = readdirSync(dir).filter((name) => name.startsWith("worker-"));
  const sizeOf = (name: string): number =>
    readdirSync(join(dir, name)).reduce((sum, file) => sum + statSync(join(dir, name, file)).size, 0);
  return Object.fromEntries(names.map((name) => [name, sizeOf(name)]));
}

interface MetricsAnswer {
  readonly dataPlane: { readonly requests: number };
  readonly accessLogs: { readonly written: number };
  readonly metricData: readonly { readonly metricName: string; readonly value?: number }[];
}

async function metrics(): Promise<MetricsAnswer> {
  const answer = await fetch(`${scene.pergola.apiUrl}/pergola/metrics`);
  return (await answer.json()) as MetricsAnswer;
}

it("GET /pergola/metrics adds up what the workers counted", async () => {
  // A request is counted when its response is through.
  await expect.poll(async () => (await metrics()).accessLogs.written).toBe(count);
  const { dataPlane, metricData } = await metrics();
  const parts = (await workersOf(scene.pergola)).map(({ requests }) => requests);
  const ofService = (name: string) => metricData.find(({ metricName }) => metricName === name)?.value;

  expect(Math.min(...parts)).toBeGreaterThan(0);
  expect(parts.reduce((one, other) => one + other)).toBe(count);
  expect(dataPlane.requests).toBe(count);
  expect([ofService("TotalRequestCount"), ofService("HTTPCode_5XX_Count")]).toEqual([count, count]);
});

it("a start without workers delivers once what workers had on disk when all was killed", {
  timeout: 60_000,
}, async () => {
  for (let i = 0; i < count; i += 1) await ask();
  // Records are on disk 100 ms after their response.
  await sleep(200);
  const workers = await workersOf(scene.pergola);
  // Stopped, the first process cannot take a worker's spool over.
  process.kill(scene.pergola.pid, "SIGSTOP");
  for (const { pid } of workers) process.kill(pid, "SIGKILL");
  await scene.pergola.stop("SIGKILL");
  const left = spools();
  expect(Object.keys(left).toSorted()).toEqual(["worker-1", "worker-2"]);
  expect(Math.min(...Object.values(left))).toBeGreaterThan(0);
  expect(readBucket(scene.dataDir, places.bucket).length).toBeLessThan(ids.length);

  const next = await startPergola({ dataDir: scene.dataDir });
  try {
    for (const read of [
      () => readLogGroup(scene.dataDir, places.group),
      () => readBucket(scene.dataDir, places.bucket),
    ]) {
      const found = (await entriesWithin(read, ids.length)).map(({ requestId }) => requestId);
      expect(found.toSorted()).toEqual(ids.toSorted());
    }
    expect(spools()).toEqual({});
  } finally {
    await next.stop();
  }
});
