import { setTimeout as sleep } from "node:timers/promises";
import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { afterAll, beforeAll, expect, it } from "vitest";
import { forwardTo, newListener } from "../harness/lattice-resources.ts";
import { type LogPlaces, logToBoth, type OpenService, openService, present } from "../harness/open-service.ts";
import { openPlainClient } from "../harness/plain-client.ts";
import { openScene, type Scene } from "../harness/scene.ts";
import { readBucket, readLogGroup } from "../walkthrough/access-log-files.ts";

/** Each is killed at another moment of the cycle of spooling and delivery, S3's every 5 s included. */
const loadMs = [1_700, 3_100, 2_300, 5_600];
const concurrency = 16;
/** Records of the last second before a kill may be lost; what comes earlier may not. */
const graceMs = 1_000;

let scene: Scene;
let service: OpenService;
let places: LogPlaces;

beforeAll(async () => {
  scene = await openScene();
  const program = await scene.startProgram((request, response) => {
    request.resume();
    response.end("well");
  });
  service = await openService(scene.client);
  await newListener(scene.client, service.id, { defaultAction: forwardTo((await scene.groupOf(program)).id) });
  places = await logToBoth(scene.client, service.id);
});
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
});

/** What the API acknowledged before the kill, and the last that it may or may not have done. */
interface Acknowledged {
  readonly serviceIds: string[];
  readonly deletedIds: string[];
  /** Of the service's idle timeout. */
  idleTimeoutSeconds: number;
  attemptedTimeoutSeconds: number;
}

it("loses no record older than a second and no acknowledged change, and repeats none, when it is killed", {
  timeout: 120_000,
}, async () => {
  const kept = new Set<string>();
  const config: Acknowledged = {
    serviceIds: [],
    deletedIds: [],
    idleTimeoutSeconds: 60,
    attemptedTimeoutSeconds: 60,
  };
  for (const [round, milliseconds] of loadMs.entries()) {
    if (round > 0) await scene.restart();
    const changedBefore = config.idleTimeoutSeconds;
    const answeredAt = new Map<string, number>();
    const killed = await loadUntilKilled(answeredAt, config, milliseconds);
    for (const [id, at] of answeredAt) if (at < killed - graceMs) kept.add(id);
    expect(answeredAt.size).toBeGreaterThan(100);
    expect(config.idleTimeoutSeconds).not.toBe(changedBefore);
  }

  await scene.restart();
  await expectConfiguration(scene.client, config);
  // An orderly end delivers all there is.
  expect(await scene.pergola.stop()).toBe(0);
  for (const entries of [readLogGroup(scene.dataDir, places.group), readBucket(scene.dataDir, places.bucket)]) {
    const found = new Set(entries.map(({ requestId }) => requestId));
    expect([...kept].filter((id) => !found.has(id))).toEqual([]);
    expect(entries.length - found.size).toBe(0);
  }
});

/** @returns when the kill was; requests and changes go on until they fail of it */
async function loadUntilKilled(
  answeredAt: Map<string, number>,
  config: Acknowledged,
  milliseconds: number,
): Promise<number> {
  const { pergola, client } = scene;
  using traffic = openPlainClient(service.host, pergola.httpPort, concurrency);
  let isKilled = false;
  const untilKilled = async (step: () => Promise<void>): Promise<void> => {
    while (!isKilled) {
      try {
        await step();
      } catch (error) {
        if (!isKilled) throw error;
      }
    }
  };
  const send = async (): Promise<void> => {
    const { status, requestId } = await traffic.send({ path: "/" });
    if (status !== 200) throw new Error(`answered ${status}`);
    answeredAt.set(requestId, Date.now());
  };
  const load = [
    ...Array.from({ length: concurrency }, () => untilKilled(send)),
    untilKilled(() => change(client, config)),
  ];
  const loaded = Promise.all(load);
  await Promise.race([loaded, sleep(milliseconds)]);
  const at = Date.now();
  isKilled = true;
  await pergola.stop("SIGKILL");
  await loaded;
  return at;
}

/** Notes what a change made only once it is acknowledged. */
async function change(client: VPCLattice, config: Acknowledged): Promise<void> {
  const { id } = await client.createService({ name: `kept-${Date.now()}-${config.serviceIds.length}` });
  config.serviceIds.push(present(id));
  const timeout = 60 + ((config.attemptedTimeoutSeconds + 1) % 500);
  config.attemptedTimeoutSeconds = timeout;
  await client.updateService({ serviceIdentifier: service.id, idleTimeoutSeconds: timeout });
  config.idleTimeoutSeconds = timeout;
  // Often enough that a fast machine stays below the quota of services.
  if (timeout % 4 !== 0 && config.serviceIds.length < 500) return;
  // Whether a deletion that was not acknowledged happened is open.
  const first = config.serviceIds.shift();
  await client.deleteService({ serviceIdentifier: present(first) });
  config.deletedIds.push(present(first));
}

async function expectConfiguration(client: VPCLattice, config: Acknowledged): Promise<void> {
  const found = new Set<string>();
  let nextToken: string | undefined;
  do {
    const page = await client.listServices({ maxResults: 100, nextToken });
    for (const { id } of page.items ?? []) found.add(present(id));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  expect(config.serviceIds.filter((id) => !found.has(id))).toEqual([]);
  expect(config.deletedIds.filter((id) => found.has(id))).toEqual([]);
  const { idleTimeoutSeconds } = await client.getService({ serviceIdentifier: service.id });
  expect([config.idleTimeoutSeconds, config.attemptedTimeoutSeconds]).toContain(idleTimeoutSeconds);
}
