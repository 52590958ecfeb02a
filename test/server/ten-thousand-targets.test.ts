import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { forwardTo, newListener, newTargetGroup } from "../harness/lattice-resources.ts";
import { openService } from "../harness/open-service.ts";
import { openSockets } from "../harness/process-facts.ts";
import { openScene, type Scene, sceneVpcId } from "../harness/scene.ts";

const groupCount = 10;
const targetsOfGroup = 1_000;
const count = groupCount * targetsOfGroup;
const intervalMs = 5_000;
/** Probes under way at once: docs/health-checks.md. */
const maxConcurrent = 256;
/** Of the pauses between probes. */
const jitter = 0.05;
/** What a probe may be late by beside it, for the work of the probes at hand. */
const toleranceMs = 1_000;

/** On a machine that has next to no time for the test. */
const longestMs = 45_000;
/** Connections of the API's clients that are closed meanwhile. */
const spareSockets = 16;

/** How the target of an address is, by its last octet. */
const isSilent = (octet: number): boolean => octet % 100 === 7;
const isFailing = (octet: number): boolean => octet % 100 === 8;

let scene: Scene;
let servers: Server[];
let groups: string[];
let doAllHang = false;
/** Those that Pergola has for other things than probes. */
let ownSockets = 0;
/** When the probes of each address came, milliseconds. */
const probes = new Map<string, number[]>();

beforeAll(async () => {
  servers = await Promise.all(Array.from({ length: 4 }, startTargets));
  scene = await openScene();
}, 60_000);
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
  for (const server of servers) server.close();
});

/** Serves every address of 127.0.0.0/8 at one port, with next to no work: the processor is the checks' to use. */
async function startTargets(): Promise<Server> {
  const answer = (status: string): string => `HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`;
  const server = createServer((socket) => {
    // What the checks cut off is none of the targets' business.
    socket.on("error", () => undefined);
    socket.once("data", () => {
      const { localAddress = "" } = socket;
      const times = probes.get(localAddress) ?? [];
      times.push(performance.now());
      probes.set(localAddress, times);
      const octet = Number(localAddress.split(".").at(-1));
      if (isSilent(octet) || doAllHang) return;
      socket.end(answer(isFailing(octet) ? "500 Broken" : "200 OK"));
    });
  });
  await new Promise<void>((done) => server.listen({ host: "0.0.0.0", port: 0, backlog: 1_024 }, done));
  return server;
}

/** @returns the id of a new group with its targets, each of an address of its own */
async function newGroup(index: number): Promise<string> {
  const healthCheck = { enabled: true, healthCheckIntervalSeconds: intervalMs / 1_000, healthCheckTimeoutSeconds: 2 };
  const [port = 0] = servers.slice(index % servers.length).map((server) => (server.address() as AddressInfo).port);
  const { id } = await newTargetGroup(scene.client, {
    config: { protocol: "HTTP", port, vpcIdentifier: sceneVpcId, healthCheck },
  });
  for (let at = 0; at < targetsOfGroup; at += 100) {
    const targets = Array.from({ length: 100 }, (_, octet) => ({ id: `127.${20 + index}.${at / 100}.${100 + octet}` }));
    const { unsuccessful } = await scene.client.registerTargets({ targetGroupIdentifier: id, targets });
    expect(unsuccessful ?? []).toEqual([]);
  }
  return id;
}

/** @returns milliseconds for which a process was ready to run and did not, since other programs had the processor */
function waitedMs(pid: number | "self"): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1]) / 1e6;
}

async function statuses(group: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  let nextToken: string | undefined;
  do {
    const page = await scene.client.listTargets({
      targetGroupIdentifier: group,
      maxResults: 100,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    for (const { status = "-" } of page.items ?? []) found[status] = (found[status] ?? 0) + 1;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return found;
}

const waits = (): number => waitedMs(scene.pergola.pid) + waitedMs("self");

/** @returns the most sockets that Pergola had open beside its own, as long as `isGoing` */
async function mostSocketsWhile(isGoing: () => boolean): Promise<number> {
  let most = 0;
  for (; isGoing(); await sleep(50)) most = Math.max(most, openSockets(scene.pergola.pid) - ownSockets);
  return most;
}

/** @returns the most of these moments that lie within a second */
function mostInSecond(times: readonly number[]): number {
  const sorted = times.toSorted((one, other) => one - other);
  let first = 0;
  let most = 0;
  for (const [last, at] of sorted.entries()) {
    while ((sorted[first] ?? at) <= at - 1_000) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

it("checks each of 10,000 targets within its interval, spread over it", { timeout: 90_000, retry: 0 }, async () => {
  const service = await openService(scene.client);
  groups = await Promise.all(Array.from({ length: groupCount }, (_, index) => newGroup(index)));
  ownSockets = openSockets(scene.pergola.pid);
  await newListener(scene.client, service.id, { defaultAction: forwardTo(...groups) });
  const from = performance.now();
  const waitedBefore = waits();
  const hasTwoEach = (): boolean => probes.size === count && probes.values().every(({ length }) => length >= 2);
  const isGoing = (): boolean => {
    const since = performance.now() - from;
    return since < 2.5 * intervalMs || (since < longestMs && !hasTwoEach());
  };
  const most = await mostSocketsWhile(isGoing);
  const until = performance.now();
  // What other programs take of the processor is no fault of the checks.
  const waited = waits() - waitedBefore;

  expect(probes.size).toBe(count);
  expect(most).toBeLessThanOrEqual(maxConcurrent);
  const withEnds = [...probes.values()].map((times) => [from, ...times, until]);
  const gapsOf = (times: readonly number[]): number[] => times.slice(1).map((at, i) => at - (times[i] ?? 0));
  const lateMs = toleranceMs + 2 * waited;
  expect(Math.max(...withEnds.flatMap(gapsOf))).toBeLessThan(intervalMs * (1 + jitter) + lateMs);
  expect(Math.min(...[...probes.values()].flatMap(gapsOf))).toBeGreaterThan(intervalMs * (1 - jitter) - lateMs);
  // A fifth of the targets in each second is even.
  const settled = [...probes.values()].flat().filter((at) => at > from + intervalMs);
  expect(mostInSecond(settled) / count).toBeLessThan(0.35 + waited / 5_000);
});

it("finds those that fail and those that are silent, and no others", { timeout: 60_000 }, async () => {
  for (const group of groups) {
    await expect
      .poll(() => statuses(group), { timeout: 20_000, interval: 500 })
      .toEqual({ HEALTHY: 980, UNHEALTHY: 20 });
  }
});

it("has no more than 256 probes under way when every target hangs, and ends in good order all the same", {
  timeout: 30_000,
}, async () => {
  doAllHang = true;
  const from = performance.now();
  const most = await mostSocketsWhile(() => performance.now() < from + 3_000);
  expect(most).toBeGreaterThan(maxConcurrent - spareSockets);
  expect(most).toBeLessThanOrEqual(maxConcurrent);

  const ending = performance.now();
  expect(await scene.pergola.stop()).toBe(0);
  expect(performance.now() - ending).toBeLessThan(5_000);
  expect(scene.pergola.output()).not.toMatch(/ error | warn /);
});
