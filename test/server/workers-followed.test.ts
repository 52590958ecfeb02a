import { spawn } from "node:child_process";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { mainFile, runPergola } from "../cli/run-pergola.ts";
import { forwardTo, newListener } from "../harness/lattice-resources.ts";
import { type OpenService, openService } from "../harness/open-service.ts";
import { inParallel, openPlainClient } from "../harness/plain-client.ts";
import { residentBytes } from "../harness/process-facts.ts";
import { openScene, type Scene } from "../harness/scene.ts";
import { startLoad, workersOf } from "./workers.ts";

const longTest = { timeout: 60_000 };

let scene: Scene;
let service: OpenService;

beforeAll(async () => {
  scene = await openScene({}, { PERGOLA_WORKERS: "2" });
  const program = await scene.startProgram((request, response) => {
    request.resume();
    response.writeHead(request.url?.endsWith("/fails") === true ? 503 : 200).end();
  });
  service = await openService(scene.client);
  const group = await scene.groupOf(program, { healthCheck: { enabled: false } });
  await newListener(scene.client, service.id, { defaultAction: forwardTo(group.id) });
}, 60_000);
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
});

interface Line {
  readonly record?: { readonly requestPath: string; readonly requestId: string };
  readonly live?: true;
  readonly dropped?: number;
}

interface Followed extends Disposable {
  readonly lines: Line[];
  paths(): (string | undefined)[];
}

/** Reads the records that come. @returns when it is live */
async function follow(query: string): Promise<Followed> {
  const over = new AbortController();
  const answer = await fetch(`${scene.pergola.apiUrl}/pergola/logs?follow=true&${query}`, { signal: over.signal });
  expect(answer.status).toBe(200);
  const lines: Line[] = [];
  let rest = "";
  const read = async (): Promise<void> => {
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop() ?? "";
      lines.push(...parts.filter((line) => line !== "").map((line) => JSON.parse(line) as Line));
    }
  };
  read().catch((error: Error) => {
    if (!over.signal.aborted) lines.push({ record: { requestPath: `broken: ${error.message}`, requestId: "" } });
  });
  await expect.poll(() => lines.some(({ live }) => live)).toBe(true);
  return {
    lines,
    paths: () => lines.flatMap(({ record }) => record?.requestPath ?? []),
    [Symbol.dispose]: () => over.abort(),
  };
}

/** Sends a request on a connection of its own: they come to the workers in turn. */
async function ask(path: string): Promise<string> {
  using client = openPlainClient(service.host, scene.pergola.httpPort, 1);
  return (await client.send({ path })).requestId;
}

/** @returns the paths of requests that come to one worker and the other, far enough apart to have an order */
async function askInTurn(prefix: string, count: number): Promise<string[]> {
  const paths = Array.from({ length: count }, (_, i) => `${prefix}/${i}`);
  for (const path of paths) {
    await ask(path);
    await sleep(10);
  }
  return paths;
}

it("the last records of all workers come in the order of time, then those to come", longTest, async () => {
  const before = await workersOf(scene.pergola);
  const past = await askInTurn("/ordered/past", 20);
  const limited = await fetch(`${scene.pergola.apiUrl}/pergola/logs?limit=7&path=/ordered`);
  const lines = (await limited.text()).trimEnd().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as Line).record?.requestPath)).toEqual([...past.slice(-7), undefined]);

  using followed = await follow("path=/ordered");
  const live = await askInTurn("/ordered/live", 40);
  await expect.poll(() => followed.paths().length).toBe(60);
  expect(followed.paths()).toEqual([...past, ...live]);
  expect(followed.lines[20]).toEqual({ live: true });
  const after = await workersOf(scene.pergola);
  for (const [i, { requests }] of after.entries()) expect(requests - (before[i]?.requests ?? 0)).toBe(30);
});

it.each([
  ["status=5xx", ["/filtered/fails"]],
  ["status=%3C300&path=/filtered", ["/filtered/well"]],
  ["service=svc-00000000000000000", []],
  ["denied=true", []],
  ["caller=arn&path=/filtered", []],
  ["path=/filtered", ["/filtered/well", "/filtered/fails"]],
])("a filter of %s is for all workers", longTest, async (filter, expected) => {
  using followed = await follow(`limit=0&${filter}`);
  using all = await follow("limit=0&path=/filtered");
  for (let turn = 0; turn < 2; turn += 1) for (const name of ["well", "fails"]) await ask(`/filtered/${name}`);
  for (let turn = 0; turn < 2; turn += 1) for (const name of ["fails", "well"]) await ask(`/filtered/${name}`);
  await expect.poll(() => all.paths().length).toBe(8);

  const sent = expected.flatMap((path) => Array(4).fill(path)).toSorted();
  await expect.poll(() => followed.paths().toSorted()).toEqual(sent);
  // What should not come has had the time to.
  await sleep(300);
  expect(followed.paths().length).toBe(sent.length);
});

it("a filter that cannot be used is refused with 400", async () => {
  const answer = await fetch(`${scene.pergola.apiUrl}/pergola/logs?status=6xx`);
  expect([answer.status, await answer.json()]).toEqual([
    400,
    { message: "status must be such as 5xx, 403 or >=400, not `6xx`" },
  ]);
});

it("following goes on when workers are replaced, without a record lost or doubled", longTest, async () => {
  using followed = await follow("limit=0&path=/replaced");
  const before = new Set((await workersOf(scene.pergola)).map(({ pid }) => pid));
  const load = startLoad({ host: service.host, port: scene.pergola.httpPort, connections: 4, path: "/replaced" });
  process.kill(scene.pergola.pid, "SIGHUP");
  await expect
    .poll(async () => (await workersOf(scene.pergola)).map(({ pid }) => before.has(pid)), { timeout: 30_000 })
    .toEqual([false, false]);
  await load.stop();

  expect(load.failures).toEqual([]);
  await expect.poll(() => followed.paths().length, { timeout: 5_000 }).toBe(load.answers.length);
  expect(followed.lines.flatMap(({ record }) => record?.requestId ?? []).toSorted()).toEqual(
    load.answers.map(({ requestId }) => requestId).toSorted(),
  );
});

it("following goes on when a worker is killed, with its successor's records", longTest, async () => {
  using followed = await follow("limit=0&path=/killed");
  await askInTurn("/killed/before", 4);
  const [victim] = await workersOf(scene.pergola);
  process.kill(victim?.pid ?? 0, "SIGKILL");
  await expect
    .poll(async () => (await workersOf(scene.pergola)).filter(({ pid }) => pid !== victim?.pid).length, {
      timeout: 20_000,
    })
    .toBe(2);

  const after = await askInTurn("/killed/after", 10);
  await expect.poll(() => followed.paths().filter((path) => path?.startsWith("/killed/after"))).toEqual(after);
});

it("pergola logs prints the records of all workers, and --follow those to come", longTest, async () => {
  const env = { PATH: process.env.PATH ?? "", PERGOLA_API_URL: scene.pergola.apiUrl };
  const paths = await askInTurn("/printed", 4);
  const { code, stdout, stderr } = await runPergola(["logs", "-o", "json", "--path", "/printed"], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const printed = stdout.trimEnd().split("\n");
  expect(printed.map((line) => (JSON.parse(line) as { requestPath: string }).requestPath)).toEqual(paths);

  const child = spawn(process.execPath, [mainFile, "logs", "--follow", "--path", "/printed"], { env });
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  await expect.poll(() => out, { timeout: 10_000 }).toContain("/printed/3");
  await askInTurn("/printed/live", 4);
  await expect
    .poll(() => [...out.matchAll(/\/printed\/live\/(\d)/g)].map(([, number]) => number))
    .toEqual(["0", "1", "2", "3"]);
});

it("a reader that does not read is told how many records it lost, and costs no memory", longTest, async () => {
  const count = 6_000;
  const filler = "x".repeat(4_000);
  const { port } = new URL(scene.pergola.apiUrl);
  const socket: Socket = connect(Number(port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write(`GET /pergola/logs?follow=true&limit=0&path=/slow HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
  await sleep(500);
  const before = residentBytes(scene.pergola.pid);
  {
    using client = openPlainClient(service.host, scene.pergola.httpPort, 8);
    await inParallel(count, 8, async (i) => void (await client.send({ path: `/slow/${i}/${filler}` })));
  }
  expect(residentBytes(scene.pergola.pid) - before).toBeLessThan(64 * 1024 * 1024);

  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
  const got = (): number => text.match(/"requestPath":"\/slow/g)?.length ?? 0;
  const lost = (): number => [...text.matchAll(/\{"dropped":(\d+)\}/g)].reduce((sum, [, n]) => sum + Number(n), 0);
  await expect.poll(() => got() + lost(), { timeout: 20_000 }).toBe(count);
  expect(lost()).toBeGreaterThan(0);
});
