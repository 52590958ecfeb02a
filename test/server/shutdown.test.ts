import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { forwardTo, newListener, newRule } from "../harness/lattice-resources.ts";
import { type LogPlaces, logToBoth, type OpenService, openService } from "../harness/open-service.ts";
import { openPlainClient, type PlainClient } from "../harness/plain-client.ts";
import { openScene, type Scene } from "../harness/scene.ts";
import { readBucket, readLogGroup } from "../walkthrough/access-log-files.ts";

/** Both say when a request has arrived, through the program; how long they take is the request's to say. */
const functionOf = (port: number): string => `export async function handler({ path }) {
  await fetch("http://127.0.0.1:${port}/arrived");
  await new Promise((done) => setTimeout(done, Number(path.split("/").at(-1))));
  return { statusCode: 200, body: "from the function" };
}`;

let scene: Scene;
let service: OpenService;
let places: LogPlaces;
let client: PlainClient;
let arrived: number;
let arrivals: { readonly port: number; close(): void };

beforeEach(async () => {
  arrived = 0;
  arrivals = await countArrivals();
  scene = await openScene({ slow: functionOf(arrivals.port) });
  const { client: api } = scene;
  const program = await scene.startProgram((request, response) => {
    request.resume();
    const { url = "" } = request;
    if (!url.startsWith("/program/")) {
      response.end("well");
      return;
    }
    arrived += 1;
    setTimeout(() => response.end("from the program"), Number(url.split("/").at(-1)));
  });
  service = await openService(api);
  const listener = await newListener(api, service.id);
  const groups = { program: await scene.groupOf(program), function: await scene.groupOfFunction("slow") };
  for (const [index, [name, group]] of Object.entries(groups).entries()) {
    const match = { httpMatch: { pathMatch: { match: { prefix: `/${name}` } } } };
    await newRule(api, service.id, listener.id, { priority: index + 1, match, action: forwardTo(group.id) });
  }
  places = await logToBoth(api, service.id);
  client = openPlainClient(service.host, scene.pergola.httpPort);
});
afterEach(async () => {
  client?.[Symbol.dispose]();
  await scene?.[Symbol.asyncDispose]();
  arrivals?.close();
});

async function countArrivals(): Promise<{ port: number; close(): void }> {
  const server = createServer((_request, response) => {
    arrived += 1;
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  return { port, close: () => void server.close() };
}

/** Half of them to the function, which runs up to 8 at once. */
const slowRequests = 16;

const inFlight = (milliseconds: number) =>
  Array.from({ length: slowRequests }, (_, index) => {
    const path = `/${index % 2 === 0 ? "program" : "function"}/${milliseconds}`;
    return client.send({ path }).catch((error: Error) => error);
  });

async function untilArrived(count: number): Promise<void> {
  await expect.poll(() => arrived, { timeout: 20_000 }).toBe(count);
}

it("answers what is in flight at SIGTERM, takes nothing new, and delivers every record", {
  timeout: 60_000,
}, async () => {
  const before = await Promise.all(Array.from({ length: 50 }, () => client.send({ path: "/elsewhere" })));
  const pending = inFlight(3_000);
  await untilArrived(slowRequests);

  const ended = scene.pergola.stop("SIGTERM");
  await expect.poll(scene.pergola.output).toContain("ending:");
  await expect.poll(() => connectionRefused(scene.pergola.httpPort)).toBe(true);
  await expect.poll(() => connectionRefused(Number(new URL(scene.pergola.apiUrl).port))).toBe(true);
  const answers = await Promise.all(pending);

  expect(
    answers.map((answer) => (answer instanceof Error ? answer.message : `${answer.status} ${answer.body}`)),
  ).toEqual(answers.map((_, index) => `200 from the ${index % 2 === 0 ? "program" : "function"}`));
  expect(await ended).toBe(0);
  const ids = [...before, ...answers].flatMap((answer) => (answer instanceof Error ? [] : [answer.requestId])).sort();
  // No waiting: what was not delivered when the process ended never was.
  for (const entries of [readLogGroup(scene.dataDir, places.group), readBucket(scene.dataDir, places.bucket)]) {
    expect(entries.map(({ requestId }) => requestId).sort()).toEqual(ids);
  }
  expect(scene.pergola.output()).not.toMatch(/ error | warn /);
});

it("ends at once at a second SIGTERM, whatever is in flight", { timeout: 60_000 }, async () => {
  const pending = inFlight(25_000);
  await untilArrived(slowRequests);

  const ended = scene.pergola.stop("SIGTERM");
  await expect.poll(scene.pergola.output).toContain("ending:");
  await sleep(300);
  const again = performance.now();
  await scene.pergola.stop("SIGTERM");

  expect(await ended).toBe(143);
  expect(performance.now() - again).toBeLessThan(5_000);
  for (const answer of await Promise.all(pending)) expect(answer).toBeInstanceOf(Error);
});

it("delivers after the next start what a cut-off process had spooled", { timeout: 60_000 }, async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.send({ path: "/elsewhere" })));
  const pending = inFlight(25_000);
  await untilArrived(slowRequests);
  await sleep(1_000);
  const ended = scene.pergola.stop("SIGTERM");
  await expect.poll(scene.pergola.output).toContain("ending:");
  await scene.pergola.stop("SIGTERM");
  await ended;
  await Promise.all(pending);

  await scene.restart();
  await scene.pergola.stop("SIGTERM");

  const ids = answers.map(({ requestId }) => requestId).sort();
  for (const entries of [readLogGroup(scene.dataDir, places.group), readBucket(scene.dataDir, places.bucket)]) {
    expect(entries.map(({ requestId }) => requestId).sort()).toEqual(ids);
  }
});

/** @returns true when the port takes no connections; fails for any other answer than a refusal */
async function connectionRefused(port: number): Promise<boolean> {
  using fresh = openPlainClient("127.0.0.1", port);
  try {
    await fresh.send({ path: "/pergola/health", headers: { connection: "close" } });
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
  }
}
