import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { openHttp2Client } from "../harness/http2-client.ts";
import { forwardTo, newListener } from "../harness/lattice-resources.ts";
import { type OpenService, openService } from "../harness/open-service.ts";
import { openPlainClient, type PlainClient } from "../harness/plain-client.ts";
import { openScene, type Scene } from "../harness/scene.ts";
import { type Load, startLoad, workersOf } from "./workers.ts";

const connections = 8;
/** Requests at a time; over HTTP/2 several on each connection. */
const lanes = 24;

interface Place {
  readonly scene: Scene;
  readonly service: OpenService;
}

/** Opens a client of a service whose certificate it verifies. */
type OpenClient = (place: Place) => PlainClient;

const caOf = ({ scene }: Place): Buffer => readFileSync(scene.pergola.caFile);
const clients: Readonly<Record<string, OpenClient>> = {
  "HTTP/1.1 over TLS": (place) =>
    openPlainClient(place.service.host, place.scene.pergola.httpsPort, lanes, caOf(place)),
  "HTTP/2 over TLS": (place) =>
    openHttp2Client({
      host: place.service.host,
      port: place.scene.pergola.httpsPort,
      connections,
      ca: caOf(place),
    }),
  "HTTP/2 in clear": ({ scene, service }) =>
    openHttp2Client({ host: service.host, port: scene.pergola.httpPort, connections }),
};

async function open(settings: Readonly<Record<string, string>>): Promise<Place> {
  const scene = await openScene({}, settings);
  onTestFinished(() => scene[Symbol.asyncDispose]());
  const program = await scene.startProgram((request, response) => {
    request.resume();
    // Long enough that there is always something in flight.
    setTimeout(() => response.end("well"), 20);
  });
  const group = await scene.groupOf(program, { healthCheck: { enabled: false } });
  const service = await openService(scene.client);
  for (const protocol of ["HTTP", "HTTPS"] as const) {
    await newListener(scene.client, service.id, { protocol, defaultAction: forwardTo(group.id) });
  }
  return { scene, service };
}

/** @returns when every connection is there: who connects to a port that closes is refused, or reset within the handshake */
async function load(place: Place, openClient: OpenClient): Promise<Load> {
  const client = openClient(place);
  const isEnd = (code: string): boolean => code === "ECONNREFUSED";
  const started = startLoad({ host: place.service.host, port: 0, client, connections: lanes, isEnd });
  await expect.poll(() => started.answers.length, { timeout: 20_000 }).toBeGreaterThan(10 * lanes);
  return started;
}

const cases = Object.entries(clients);

it.each(cases)(
  "replacing workers at SIGHUP fails no request over %s",
  { timeout: 60_000 },
  async (_name, openClient) => {
    const place = await open({ PERGOLA_WORKERS: "2" });
    const { pergola } = place.scene;
    const old = new Set((await workersOf(pergola)).map(({ pid }) => pid));
    const traffic = await load(place, openClient);

    process.kill(pergola.pid, "SIGHUP");
    await expect
      .poll(async () => (await workersOf(pergola)).map(({ pid }) => old.has(pid)), { timeout: 30_000 })
      .toEqual([false, false]);
    const before = traffic.answers.length;
    await sleep(300);
    await traffic.stop();

    expect(new Set(traffic.failures)).toEqual(new Set());
    expect(traffic.answers.length).toBeGreaterThan(before);
    expect(before).toBeGreaterThan(lanes);
  },
);

it.each(
  cases.flatMap(([name, openClient]) => [
    [name, "one process", {}, openClient] as const,
    [name, "two workers", { PERGOLA_WORKERS: "2" }, openClient] as const,
  ]),
)(
  "ending at SIGTERM fails no request over %s to %s",
  { timeout: 60_000 },
  async (_name, _what, settings, openClient) => {
    const place = await open(settings);
    const traffic = await load(place, openClient);

    expect(await place.scene.pergola.stop("SIGTERM")).toBe(0);
    await traffic.stop();

    expect(new Set(traffic.failures)).toEqual(new Set());
    expect(traffic.answers.length).toBeGreaterThan(lanes);
  },
);
