/**
 * What Pergola adds to a local function: the time of a request over HTTP, through routing, event and answer, beside that of the same
 * event given to the function's thread directly. One request at a time, both in turn, three times, medians of all.
 *
 * Usage: node bench/local-function/run.ts
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFunctionsRunner } from "@pergola/server";
import { forwardTo, newListener } from "../../test/harness/lattice-resources.ts";
import { openService } from "../../test/harness/open-service.ts";
import { openScene } from "../../test/harness/scene.ts";

const source = `let last;
export const handler = async (event) => {
  last = event;
  return event.path === "/event" ? { statusCode: 200, body: JSON.stringify(last) } : { statusCode: 200, body: "hello" };
};
`;
const rounds = 3;
const requests = 3_000;
const warmUp = 1_000;

await using scene = await openScene({ hello: source });
const service = await openService(scene.client);
const group = await scene.groupOfFunction("hello");
await newListener(scene.client, service.id, { defaultAction: forwardTo(group.id) });
const gateway = openConnection(scene.pergola.httpPort, service.host);
const event = JSON.stringify({ ...(JSON.parse(await gateway.get("/event")) as object), path: "/" });

const functionsDir = mkdtempSync(join(tmpdir(), "pergola-bench-function-"));
writeFileSync(join(functionsDir, "hello.mjs"), source);
const note = (message: string, details?: unknown): void => console.error(message, details);
const logger = { info: () => undefined, warn: note, error: note };
const runner = createFunctionsRunner({ dir: functionsDir, region: "us-west-2", logger });
const functionArn = "arn:aws:lambda:us-west-2:123456789012:function:hello";
const { signal } = new AbortController();

const ways: Readonly<Record<string, () => Promise<unknown>>> = {
  "in its thread": () => runner.invoke(functionArn, event, signal),
  "over HTTP": () => gateway.get("/"),
};
const taken = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
for (let round = 0; round < rounds; round += 1) {
  for (const [name, call] of Object.entries(ways)) {
    for (let i = 0; i < warmUp; i += 1) await call();
    for (let i = 0; i < requests; i += 1) {
      const from = performance.now();
      await call();
      taken.get(name)?.push(performance.now() - from);
    }
  }
}
const at = (name: string, share: number): number => {
  const sorted = taken.get(name)?.toSorted((a, b) => a - b) ?? [];
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
};
for (const name of Object.keys(ways))
  console.log(`${name}: p50 ${at(name, 0.5).toFixed(3)} ms, p99 ${at(name, 0.99).toFixed(3)} ms`);
const overhead = at("over HTTP", 0.5) - at("in its thread", 0.5);
console.log(`overhead: ${overhead.toFixed(3)} ms p50 (bar: under 0.3 ms)`);
gateway.close();
await runner.close();
rmSync(functionsDir, { recursive: true, force: true });

/** One kept connection, one request at a time. */
function openConnection(port: number, host: string): { get(path: string): Promise<string>; close(): void } {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  return {
    get(path) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      let text = "";
      const onData = (chunk: Buffer): void => {
        text += chunk.toString("latin1");
        const end = text.indexOf("\r\n\r\n");
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
        if (end === -1 || text.length < end + 4 + length) return;
        socket.off("data", onData);
        if (text.startsWith("HTTP/1.1 200")) resolve(text.slice(end + 4));
        else reject(new Error(text));
      };
      socket.on("data", onData);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      return promise;
    },
    close: () => void socket.destroy(),
  };
}
