import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "@pergola/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadSettings } from "./config/settings.ts";
import { openLambda } from "./open-lambda.ts";

const logger: Logger = { info: () => {}, warn: () => {}, error: () => {} };
const arn = "arn:aws:lambda:us-west-2:123456789012:function:hello";
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "pergola-lambda-"));
});
afterEach(() => rm(dir, { recursive: true }));

async function answerOf(flags: Record<string, string>): Promise<string> {
  const lambda = await openLambda(loadSettings({}, { functionsDir: dir, ...flags }, dir), logger);
  try {
    const { payload } = await lambda.invoke(arn, "{}", new AbortController().signal);
    return Buffer.from(payload).toString();
  } finally {
    await lambda.close();
  }
}

it("functions are those of the directory", async () => {
  await writeFile(join(dir, "hello.mjs"), "export const handler = async () => 'from the directory';");

  expect(await answerOf({})).toBe('"from the directory"');
});

it("functions are those of the endpoint when one is given, whatever the directory has", async () => {
  await writeFile(join(dir, "hello.mjs"), "export const handler = async () => 'from the directory';");
  const server = createServer((request, response) => {
    request.resume();
    response.end('"from the endpoint"');
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;

  expect(await answerOf({ lambdaEndpoint: `http://127.0.0.1:${port}` })).toBe('"from the endpoint"');
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

it("functions have the time and memory of the settings", async () => {
  const code = "export const handler = async (_e, c) => [c.memoryLimitInMB, c.getRemainingTimeInMillis() <= 700];";
  await writeFile(join(dir, "hello.mjs"), code);

  expect(await answerOf({ functionTimeoutMs: "700", functionMemoryMb: "64" })).toBe('["64",true]');
});
