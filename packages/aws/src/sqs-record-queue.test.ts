import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSqsQueue, type SqsQueue } from "./sqs-record-queue.ts";

interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
}
interface Failure {
  readonly Code: string;
  readonly SenderFault: boolean;
}

const signal = AbortSignal.timeout(60_000);

describe("the record queue", () => {
  let server: Server;
  let queue: SqsQueue;
  let requests: (readonly Entry[])[];
  /** Bodies in the queue. */
  let queued: string[];
  /** Whether and why an entry is refused; `seen` counts how often it came, from 1. */
  let refusal: (body: string, seen: number) => Failure | undefined;

  beforeEach(async () => {
    requests = [];
    queued = [];
    refusal = () => undefined;
    const seen = new Map<string, number>();
    server = createServer(async (request, response) => {
      const { Entries } = (await json(request)) as { Entries: readonly Entry[] };
      requests.push(Entries);
      const Successful: object[] = [];
      const Failed: object[] = [];
      for (const { Id, MessageBody } of Entries) {
        const count = (seen.get(MessageBody) ?? 0) + 1;
        seen.set(MessageBody, count);
        const refused = refusal(MessageBody, count);
        if (refused !== undefined) Failed.push({ Id, ...refused });
        else {
          queued.push(MessageBody);
          Successful.push({ Id, MessageId: Id, MD5OfMessageBody: md5(MessageBody) });
        }
      }
      response.writeHead(200, { "content-type": "application/x-amz-json-1.0" });
      response.end(JSON.stringify({ Successful, Failed }));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
    queue = createSqsQueue({ region: "us-west-2", endpoint, credentials }, `${endpoint}/123456789012/records`);
  });
  afterEach(async () => {
    await queue.close();
    server.closeAllConnections();
    server.close();
  });

  const busy: Failure = { Code: "InternalError", SenderFault: false };
  const bodies = (count: number, pad = ""): string[] => Array.from({ length: count }, (_, i) => `${i}${pad}`);

  it("takes ten messages a request", async () => {
    await queue.send(bodies(25), signal);
    expect(requests.map((entries) => entries.length)).toEqual([10, 10, 5]);
    expect(queued).toEqual(bodies(25));
  });

  it("takes 256 KiB a request, counted in bytes", async () => {
    await queue.send(bodies(3, "ü".repeat(60 * 1024)), signal);
    expect(requests.map((entries) => entries.length)).toEqual([2, 1]);
  });

  it("is not asked for nothing", async () => {
    await queue.send([], signal);
    expect(requests).toEqual([]);
  });

  it("gets again what it refused, and only that", async () => {
    refusal = (body, seen) => (Number(body) % 3 === 0 && seen === 1 ? busy : undefined);
    await queue.send(bodies(12), signal);
    expect(queued.toSorted()).toEqual(bodies(12).toSorted());
    expect(requests.at(-1)?.map(({ MessageBody }) => MessageBody)).toEqual(["0", "3", "6", "9"]);
  });

  it("fails when it goes on refusing", async () => {
    refusal = (body) => (body === "1" ? busy : undefined);
    await expect(queue.send(bodies(3), signal)).rejects.toThrow("1 of 3 messages were refused 3 times");
    expect(queued).toEqual(["0", "2"]);
  });

  it("fails at once when a message is refused for good", async () => {
    refusal = () => ({ Code: "InvalidMessageContents", SenderFault: true });
    await expect(queue.send(bodies(1), signal)).rejects.toThrow("InvalidMessageContents");
    expect(requests).toHaveLength(1);
  });

  it("is sent nothing when one message is larger than any request", async () => {
    await expect(queue.send(["a", "b".repeat(256 * 1024 + 1)], signal)).rejects.toThrow(RangeError);
    expect(requests).toEqual([]);
  });

  it("is left when its caller leaves, also between two tries", async () => {
    const abort = new AbortController();
    refusal = () => {
      setTimeout(() => abort.abort(), 5);
      return busy;
    };
    await expect(queue.send(bodies(1), abort.signal)).rejects.toThrow();
    expect(requests.length).toBeLessThan(3);
  });
});

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
