import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { systemClock } from "@pergola/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { lightCalls } from "./light-calls.ts";

const input = { TableName: "pergola", Key: { pk: { S: "o" }, sk: { S: "i" } }, ConsistentRead: true } as const;

/** DynamoDB as `answer` has it, and the connections that it was asked on. */
async function open(answer: (response: ServerResponse) => void) {
  const connections: Socket[] = [];
  const server = createServer((request, response) => {
    connections.push(request.socket);
    request.resume();
    answer(response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const credentials = () => ({ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" });
  const calls = lightCalls({ region: "us-west-2", endpoint, credentials, clock: systemClock });
  onTestFinished(() => {
    calls.close();
    server.closeAllConnections();
    server.close();
  });
  return { calls, connections };
}

const item = (response: ServerResponse) => response.end(JSON.stringify({ Item: { pk: { S: "o" } } }));

describe("a call", () => {
  it("fails when its answer breaks off", async () => {
    const { calls } = await open((response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write('{"Item":{}}', () => response.destroy());
    });

    await expect(calls.getItem(input, new AbortController().signal)).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("fails with the signal's reason, before and after the answer has begun", async () => {
    for (const begin of [() => {}, (response: ServerResponse) => response.writeHead(200).write("{")]) {
      const abort = new AbortController();
      const { calls } = await open((response) => {
        begin(response);
        setTimeout(() => abort.abort(new Error("gave up")), 20);
      });

      await expect(calls.getItem(input, abort.signal)).rejects.toThrow("gave up");
    }
  });

  it("is not made when its signal has fired already", async () => {
    const { calls, connections } = await open(item);

    await expect(calls.getItem(input, AbortSignal.abort(new Error("gave up")))).rejects.toThrow("gave up");
    expect(connections).toEqual([]);
  });

  it("that is over does not hear of its signal: the connection is the next one's", async () => {
    const { calls, connections } = await open(item);
    const abort = new AbortController();
    await calls.getItem(input, abort.signal);

    const next = calls.getItem(input, new AbortController().signal);
    abort.abort(new Error("late"));

    expect(await next).toEqual({ Item: { pk: { S: "o" } } });
    expect(new Set(connections).size).toBe(1);
  });

  it("takes no more than DynamoDB's largest answer", async () => {
    const { calls } = await open((response) => {
      const piece = Buffer.alloc(1 << 20, " ");
      const write = (): void => {
        while (!response.destroyed && response.write(piece));
      };
      response.writeHead(200).on("drain", write);
      write();
    });

    await expect(calls.getItem(input, new AbortController().signal)).rejects.toThrow("more than 33554432 bytes");
  });
});
