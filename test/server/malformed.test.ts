import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { forwardTo, newListener } from "../harness/lattice-resources.ts";
import { type OpenService, openService } from "../harness/open-service.ts";
import { inParallel, openPlainClient } from "../harness/plain-client.ts";
import { openSockets, residentBytes } from "../harness/process-facts.ts";
import { type RawOptions, type RawOutcome, rawExchange } from "../harness/raw-exchange.ts";
import { openScene, type Scene } from "../harness/scene.ts";
import { createServiceClient } from "../walkthrough/service-client.ts";
import { refusedApiRequests } from "./malformed-api.ts";
import { malformedRequests, mutatedMessages, randomMessages } from "./malformed-http.ts";

interface Attack extends RawOptions {
  readonly name: string;
  readonly port: number;
  readonly bytes: string | Uint8Array;
  /** Good HTTP that is refused: an end without an answer does not do. */
  readonly isAnswered?: boolean;
  /** May turn out to be a good request. */
  readonly isMaybeGood?: boolean;
}

const repetitions = 8;
const concurrency = 24;
/** A head or handshake may take 15 s; the rest is for a busy machine. */
const slowMs = 25_000;

let scene: Scene;
let service: OpenService;
let apiPort: number;
let smuggled: number;

beforeAll(async () => {
  smuggled = 0;
  scene = await openScene();
  const program = await scene.startProgram((request, response) => {
    if (request.url === "/smuggled") smuggled += 1;
    request.resume();
    // A broken body breaks the request to the target off: nothing to answer any more.
    request.on("error", () => response.destroy());
    request.on("end", () => response.end("well"));
  });
  service = await openService(scene.client);
  const defaultAction = forwardTo((await scene.groupOf(program)).id);
  await newListener(scene.client, service.id, { defaultAction });
  await newListener(scene.client, service.id, { protocol: "HTTPS", port: 443, defaultAction });
  apiPort = Number(new URL(scene.pergola.apiUrl).port);
});
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
});

it("survives thousands of malformed requests on each port, and is as before afterwards", {
  timeout: 120_000,
}, async () => {
  const { pid } = scene.pergola;
  const wrong: string[] = [];
  const attack = async (one: Attack): Promise<void> => {
    const problem = problemOf(one, await rawExchange(one.port, one.bytes, one));
    if (problem !== undefined) wrong.push(`${one.name} at ${one.port}: ${problem}`);
  };
  const quick = quickAttacks();
  const attackEvery = (step: number): Promise<void> =>
    inParallel(Math.floor(quick.length / step), concurrency, (index) => attack(quick[index * step] as Attack));
  await expectGood();
  await attackEvery(5);
  const before = { memory: residentBytes(pid), sockets: openSockets(pid) };

  const slow = Promise.all(slowAttacks().map(attack));
  await attackEvery(1);
  await expectGood();
  await slow;

  expect(quick.length).toBeGreaterThan(3_000);
  expect(wrong).toEqual([]);
  expect(smuggled).toBe(0);
  await expectGood();
  expect(scene.pergola.output()).not.toMatch(/ error |uncaught|unhandled/i);
  await expect.poll(() => openSockets(pid), { timeout: 10_000 }).toBeLessThanOrEqual(before.sockets + 4);
  await expect.poll(() => residentBytes(pid), { timeout: 10_000 }).toBeLessThan(before.memory + 100_000_000);
});

function problemOf({ isAnswered, isMaybeGood }: Attack, { statuses, isClosed, text }: RawOutcome): string | undefined {
  if (!isClosed) return `still open after ${JSON.stringify(text.slice(0, 100))}`;
  if (isAnswered && statuses.length === 0) return "no answer";
  const isRight = (status: number): boolean => status < 500 && (isMaybeGood || status >= 400);
  const wrong = statuses.find((status) => !isRight(status));
  return wrong === undefined ? undefined : `answered ${wrong}: ${JSON.stringify(text.slice(0, 300))}`;
}

/** Each port's answer to a good request. */
async function expectGood(): Promise<void> {
  const { host } = service;
  const { httpPort, httpsPort, caFile, apiUrl } = scene.pergola;
  using plain = openPlainClient(host, httpPort);
  expect(await plain.send({ path: "/" })).toMatchObject({ status: 200, body: "well" });
  const ca = readFileSync(caFile, "utf8");
  const secure = createServiceClient({ domainName: host, port: httpsPort, ca, from: "127.0.0.1" });
  expect(await secure.call("/")).toMatchObject({ status: 200, body: "well" });
  secure.close();
  expect((await fetch(`${apiUrl}/services/${service.id}`)).status).toBe(200);
}

function quickAttacks(): Attack[] {
  const { host } = service;
  const { httpPort, httpsPort, caFile } = scene.pergola;
  const tls = { ca: readFileSync(caFile, "utf8"), servername: host };
  const malformed = Object.entries(malformedRequests(host));
  const attacks: Attack[] = Object.entries(refusedApiRequests()).map(([name, bytes]) => {
    return { name, bytes, port: apiPort, isAnswered: true };
  });
  for (const [name, bytes] of malformed) {
    attacks.push({ name, bytes, port: httpPort });
    // The number of headers is the data plane's limit alone.
    const isMaybeGood = name === "101 headers";
    attacks.push({ name, bytes: forApi(bytes, host), port: apiPort, isAnswerEnough: true, isMaybeGood });
    attacks.push({ name, bytes, port: httpsPort, tls });
    attacks.push({ name: `${name}, and reset`, bytes, port: httpPort, resetAfterMs: 5 });
  }
  const repeated = Array.from({ length: repetitions }, () => attacks).flat();
  return [...repeated, ...badNames(tls.ca), ...randomAttacks(httpPort, false), ...randomAttacks(httpsPort, true)];
}

/** The same fault in a request that is the API's otherwise. */
const forApi = (bytes: string, host: string): string =>
  bytes.replace(/^([A-Z]+) \/ /, "$1 /services ").replaceAll(host, "localhost");

/** Server names in TLS that no service has. */
function badNames(ca: string): Attack[] {
  const { host } = service;
  const names = ["", "elsewhere.example.com", `x.${host}`, `${host}.`, "*.localhost", "a..b", `${"a".repeat(250)}`];
  const bytes = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  return Array.from({ length: 50 }, (_, index) => {
    const servername = names[index % names.length] ?? "";
    const tls = { ca, servername, rejectUnauthorized: false };
    return { name: `server name \`${servername}\``, port: scene.pergola.httpsPort, bytes, tls };
  });
}

function randomAttacks(port: number, isTls: boolean): Attack[] {
  const { host } = service;
  const good = `POST /a HTTP/1.1\r\nHost: ${host}\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello`;
  const goodApi = `POST /services HTTP/1.1\r\nHost: localhost\r\nContent-Length: 17\r\n\r\n{"name":"service"`;
  const beginnings = ["", "GET / HTTP/1.1\r\n", good, `${good}\r\n`];
  const seed = isTls ? 443 : 80;
  const named = (name: string, at: number, messages: readonly Uint8Array[], isMaybeGood: boolean): Attack[] =>
    messages.map((bytes, index) => ({ name: `${name} ${index}`, port: at, bytes, halfClose: true, isMaybeGood }));
  return [
    ...named("random bytes", port, randomMessages(200, beginnings, seed), true),
    ...named("random bytes", apiPort, randomMessages(100, ["", "\x16\x03\x01", "POST /services "], seed), false),
    ...named("a changed request", port, mutatedMessages(150, good, seed), true),
    ...named("a changed request", apiPort, mutatedMessages(100, goodApi, seed), true),
  ];
}

/** What holds a connection as long as it may. */
function slowAttacks(): Attack[] {
  const { host } = service;
  const { httpPort, httpsPort } = scene.pergola;
  const head = `GET / HTTP/1.1\r\nHost: ${host}\r\nX-A: ${"b".repeat(2_000)}\r\n\r\n`;
  const ways: readonly (readonly [name: string, bytes: string, options: RawOptions])[] = [
    ["silence", "", {}],
    ["the beginning of a head", "GET / HT", {}],
    ["a head without its end", `GET / HTTP/1.1\r\nHost: ${host}\r\n`, {}],
    ["a head byte by byte", head, { trickleMs: 500 }],
    ["the beginning of a handshake", "\x16\x03\x01\x02\x00\x01\x00", {}],
    ["a handshake byte by byte", `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${"a".repeat(500)}`, { trickleMs: 500 }],
    [
      "half a body and no more",
      `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 9\r\n\r\nabc`,
      { halfClose: true },
    ],
  ];
  // Whether a client is gone for good shows in the middle of a handshake only by the time it takes.
  const handshakes = ["\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc\\x03\\x03", "\\x16", "\\x16\\x03\\x01\\xff\\xff"];
  const broken = randomMessages(90, handshakes, 22).map((bytes, index) => {
    const port = index % 2 === 0 ? httpPort : httpsPort;
    return { name: `a broken handshake ${index}`, port, bytes, halfClose: true, deadlineMs: slowMs };
  });
  const slow = [httpPort, httpsPort, apiPort].flatMap((port) =>
    ways.map(([name, bytes, options]) => ({ name, port, bytes, deadlineMs: slowMs, ...options })),
  );
  return [...slow, ...broken];
}
