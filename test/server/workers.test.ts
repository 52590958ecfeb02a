import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { errorAction, forwardTo, newListener, newRule } from "../harness/lattice-resources.ts";
import { type LogPlaces, logToBoth, type OpenService, openService } from "../harness/open-service.ts";
import { freePorts } from "../harness/pergola.ts";
import { inParallel, openPlainClient } from "../harness/plain-client.ts";
import { deregisterProgram, openScene, registerTarget, type Scene } from "../harness/scene.ts";
import { entriesWithin, readBucket, readLogGroup } from "../walkthrough/access-log-files.ts";
import { type Load, startLoad, workersOf } from "./workers.ts";

const count = 2_000;
const longTest = { timeout: 60_000 };

let scene: Scene;
let service: OpenService;
let places: LogPlaces;
let at: { readonly serviceIdentifier: string; readonly listenerIdentifier: string };
let groups: { readonly a: string; readonly b: string };
let ports: { readonly a: number; readonly b: number };

beforeAll(async () => {
  scene = await openScene({}, { PERGOLA_WORKERS: "2" });
  const program = (name: string) =>
    scene.startProgram((request, response) => {
      request.resume();
      // Long enough that there is always something in flight.
      setTimeout(() => response.end(name), 5);
    });
  const [a, b] = [await program("a"), await program("b")];
  ports = { a: a.port, b: b.port };
  const config = { healthCheck: { enabled: false } };
  groups = { a: (await scene.groupOf(a, config)).id, b: (await scene.groupOf(b, config)).id };
  service = await openService(scene.client);
  const listener = await newListener(scene.client, service.id, { defaultAction: forwardTo(groups.a) });
  at = { serviceIdentifier: service.id, listenerIdentifier: listener.id };
  places = await logToBoth(scene.client, service.id);
}, 60_000);
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
});

const load = (more: Partial<Parameters<typeof startLoad>[0]> = {}): Load =>
  startLoad({ host: service.host, port: scene.pergola.httpPort, ...more });

/** Sends on connections of their own, which come to the workers in turn. @returns the bodies, or statuses where not 200 */
async function askAll(port = scene.pergola.httpPort): Promise<string[]> {
  return Promise.all(
    Array.from({ length: 6 }, async () => {
      using client = openPlainClient(service.host, port, 1);
      const { status, body } = await client.send({ path: "/asked" });
      return status === 200 ? body : String(status);
    }),
  );
}

const readLogs = () => [readLogGroup(scene.dataDir, places.group), readBucket(scene.dataDir, places.bucket)];

it("gives each worker as many connections as the other, and records every request once", longTest, async () => {
  const before = await workersOf(scene.pergola);
  expect(before.map(({ worker }) => worker)).toEqual([1, 2]);
  expect(new Set([scene.pergola.pid, ...before.map(({ pid }) => pid)]).size).toBe(3);
  const ids = new Set<string>();
  await inParallel(count / 50, 8, async () => {
    using client = openPlainClient(service.host, scene.pergola.httpPort, 1);
    for (let i = 0; i < 50; i += 1) ids.add((await client.send({ path: "/counted" })).requestId);
  });

  const after = await workersOf(scene.pergola);
  const shares = after.map(({ connections }, i) => connections - (before[i]?.connections ?? 0));
  expect(shares[0]).toBeGreaterThanOrEqual(count / 50 / 2 - 4);
  expect(shares[1]).toBeGreaterThanOrEqual(count / 50 / 2 - 4);
  const own = () => readLogs().map((entries) => entries.filter(({ requestPath }) => requestPath === "/counted"));
  for (const index of [0, 1]) {
    const found = (await entriesWithin(() => own()[index] ?? [], count)).map(({ requestId }) => requestId);
    expect(found.toSorted()).toEqual([...ids].toSorted());
  }
  const streams = globSync(join(scene.dataDir, "logs/cloudwatch", places.group, "*.log")).map((file) => basename(file));
  expect(streams.map((name) => name.slice(name.lastIndexOf("_"))).toSorted()).toEqual([
    "_worker-1.log",
    "_worker-2.log",
  ]);
});

it("finds a recent request whichever worker had it", longTest, async () => {
  for (let i = 0; i < 4; i += 1) {
    using client = openPlainClient(service.host, scene.pergola.httpPort, 1);
    const { requestId } = await client.send({ path: "/recent" });
    const answer = await fetch(`${scene.pergola.apiUrl}/pergola/requests/${requestId}`);
    expect(await answer.json()).toMatchObject({ source: "memory", record: { requestId, requestPath: "/recent" } });
  }
});

it("has a change in force in every worker when the API answers", longTest, async () => {
  for (let turn = 0; turn < 20; turn += 1) {
    const name = turn % 2 === 0 ? "b" : "a";
    await scene.client.updateListener({ ...at, defaultAction: forwardTo(groups[name]) });
    expect(await askAll()).toEqual(Array(6).fill(name));
  }
  await scene.client.updateListener({ ...at, defaultAction: errorAction });
  expect(await askAll()).toEqual(Array(6).fill("500"));
  await scene.client.updateListener({ ...at, defaultAction: forwardTo(groups.a) });
  const [port = 0] = await freePorts(1);
  const listener = await newListener(scene.client, service.id, { port, defaultAction: forwardTo(groups.b) });
  expect(await askAll(port)).toEqual(Array(6).fill("b"));
  await scene.client.deleteListener({ serviceIdentifier: service.id, listenerIdentifier: listener.id });
  await expect(askAll(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

it("loses no request while targets come and go, rules change and listeners are replaced", longTest, async () => {
  const pool = [ports.a, ports.b];
  await registerTarget(scene.client, groups.a, { port: ports.b });
  const traffic = load({ path: "/changing" });
  for (let turn = 0; turn < 15; turn += 1) {
    const port = pool[turn % 2] ?? 0;
    await deregisterProgram(scene.client, groups.a, port);
    const match = { httpMatch: { pathMatch: { match: { prefix: "/changing" } } } };
    const rule = await newRule(scene.client, service.id, at.listenerIdentifier, { match, action: forwardTo(groups.b) });
    await registerTarget(scene.client, groups.a, { port });
    await scene.client.updateRule({ ...at, ruleIdentifier: rule.id, action: forwardTo(groups.a) });
    await scene.client.deleteRule({ ...at, ruleIdentifier: rule.id });
  }
  await traffic.stop();
  await deregisterProgram(scene.client, groups.a, ports.b);

  expect(traffic.failures).toEqual([]);
  expect(traffic.answers.length).toBeGreaterThan(200);
});

it("replaces its workers at SIGHUP without a request that fails", longTest, async () => {
  const before = await workersOf(scene.pergola);
  const traffic = load({ path: "/replaced" });
  await sleep(300);

  process.kill(scene.pergola.pid, "SIGHUP");
  const old = new Set(before.map(({ pid }) => pid));
  await expect
    .poll(async () => (await workersOf(scene.pergola)).map(({ pid }) => old.has(pid)), { timeout: 30_000 })
    .toEqual([false, false]);
  await sleep(300);
  await traffic.stop();

  expect(traffic.failures).toEqual([]);
  await expectRecordedOnce("/replaced", traffic);
});

it("starts a killed worker again, which delivers what was on disk once", longTest, async () => {
  const before = await workersOf(scene.pergola);
  const traffic = load({ path: "/killed" });
  await sleep(300);
  const safe = traffic.answers.map(({ requestId }) => requestId);
  // Records are on disk 100 ms after their response.
  await sleep(300);

  process.kill(before[0]?.pid ?? 0, "SIGKILL");
  await expect.poll(async () => (await workersOf(scene.pergola)).length, { timeout: 20_000, interval: 100 }).toBe(1);
  await expect.poll(async () => (await workersOf(scene.pergola)).length, { timeout: 20_000, interval: 100 }).toBe(2);
  const cut = traffic.failures.length;
  await sleep(300);
  await traffic.stop();

  // Those that the killed worker had in hand, and no other.
  expect(cut).toBeLessThanOrEqual(16);
  expect(traffic.failures.length).toBe(cut);
  const recorded = () => logged("/killed").map(({ requestId }) => requestId);
  await expect.poll(() => new Set(recorded()), { timeout: 20_000 }).toSatisfy((ids) => safe.every((id) => ids.has(id)));
  await sleep(500);
  expect(new Set(recorded()).size).toBe(recorded().length);
  expect(await askAll()).toEqual(Array(6).fill("a"));
});

it(
  "answers everything that was sent before SIGTERM closed the ports, and has delivered all records",
  longTest,
  async () => {
    const traffic = load({ path: "/last", isEnd: (code) => code === "ECONNREFUSED" });
    await sleep(300);
    expect(await scene.pergola.stop("SIGTERM")).toBe(0);
    await traffic.stop();

    expect(traffic.failures).toEqual([]);
    const ids = logged("/last").map(({ requestId }) => requestId);
    expect(ids.toSorted()).toEqual(traffic.answers.map(({ requestId }) => requestId).toSorted());
  },
);

const logged = (path: string) =>
  readLogGroup(scene.dataDir, places.group).filter(({ requestPath }) => requestPath === path);

async function expectRecordedOnce(path: string, { answers }: Load): Promise<void> {
  const ids = (await entriesWithin(() => logged(path), answers.length)).map(({ requestId }) => requestId);
  expect(ids.toSorted()).toEqual(answers.map(({ requestId }) => requestId).toSorted());
}
