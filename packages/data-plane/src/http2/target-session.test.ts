import { connect } from "node:http2";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { monotonicNow } from "@pergola/core";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import {
  endHeaders,
  endStream,
  type Frame,
  frame,
  frameTypes,
  headerBlock,
  takeFrames,
} from "../testing/raw-http2-client.ts";
import { pause } from "../testing/world.ts";
import { ConnectionCounts } from "../traffic.ts";
import { preface } from "./grammar.ts";
import { type SessionOwner, TargetSession } from "./target-session.ts";
import type { StreamRequest } from "./target-stream.ts";

const numRuns = Number(process.env.FUZZ_RUNS ?? 200);

/** @returns the port of a target, and what it has received from its last client */
async function openPeer(onRequest: (socket: Socket) => void): Promise<{ port: number; frames: Frame[] }> {
  const frames: Frame[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let rest = Buffer.alloc(0);
    let left = preface.length;
    sockets.add(socket);
    frames.length = 0;
    socket.write(frame(frameTypes.settings, 0, 0));
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk.subarray(Math.min(left, chunk.length))]);
      left = Math.max(0, left - chunk.length);
      const taken = takeFrames(rest);
      rest = Buffer.from(taken.left);
      frames.push(...taken.frames);
      if (taken.frames.some(({ type }) => type === frameTypes.headers)) onRequest(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, frames };
}

/** A pool of nothing, at a time of the test's. */
function ownerAt(clock: { now: number }): SessionOwner {
  const nobody = (): void => undefined;
  return {
    connectTimeout: 5_000,
    onRoom: nobody,
    onRetired: nobody,
    onGone: nobody,
    get now() {
      return clock.now;
    },
  };
}

/** A GET that notes what becomes of it. */
function requestNoting(outcome: string[]): StreamRequest {
  return {
    fields: [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a.example.com"],
    hasBody: false,
    timeout: 3_600_000,
    connections: new ConnectionCounts(),
    openBody: () => undefined,
    resumeBody: () => undefined,
    onSent: () => undefined,
    onInterim: () => undefined,
    onResponse: (status) => void outcome.push(`head ${status}`),
    onPiece: () => true,
    holdsPieces: false,
    onEnd: () => void outcome.push("end"),
    onFailure: (failure) => void outcome.push(`failure ${failure}`),
  };
}

function ask(port: number, clock: { now: number }, outcome: string[]): TargetSession {
  const origin = { host: "127.0.0.1", port, serverName: undefined };
  const session = new TargetSession(origin, new ConnectionCounts(), ownerAt(clock));
  session.open(requestNoting(outcome)).start();
  onTestFinished(() => session.destroy());
  return session;
}

it("asks a target that keeps silent while a request waits whether it is there, and gives it up without an answer", async () => {
  const clock = { now: monotonicNow() };
  const asked = Promise.withResolvers<void>();
  const peer = await openPeer(() => asked.resolve());
  const outcome: string[] = [];
  const session = ask(peer.port, clock, outcome);
  await asked.promise;
  await expect.poll(() => peer.frames.some(({ type }) => type === frameTypes.settings)).toBe(true);

  session.checkDeadlines(clock.now + 15_000);
  session.checkDeadlines(clock.now + 21_000);
  session.checkDeadlines(clock.now + 22_000);
  await expect.poll(() => peer.frames.filter(({ type }) => type === frameTypes.ping)).toHaveLength(1);
  session.checkDeadlines(clock.now + 40_000);
  expect(outcome).toEqual([]);
  session.checkDeadlines(clock.now + 42_000);

  await expect.poll(() => outcome).toEqual(["failure closed"]);
  expect(String(session.error)).toContain("does not answer a ping");
});

it("gives its memory back with the end of the connection, not with the next collection of garbage", async () => {
  const count = 50;
  const clock = { now: monotonicNow() };
  const peer = await openPeer(() => undefined);
  const outcome: string[] = [];
  const before = process.memoryUsage().arrayBuffers;
  const sessions = Array.from({ length: count }, () => ask(peer.port, clock, outcome));
  await expect.poll(() => sessions.every(({ isConnected }) => isConnected)).toBe(true);
  for (const session of sessions) session.destroy();

  await expect.poll(() => outcome).toHaveLength(count);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(count * 32 * 1024);
});

it("waits on for a target that answers pings, and asks it seldom then", async () => {
  const clock = { now: monotonicNow() };
  const asked = Promise.withResolvers<Socket>();
  const peer = await openPeer((socket) => asked.resolve(socket));
  const outcome: string[] = [];
  const session = ask(peer.port, clock, outcome);
  const socket = await asked.promise;
  const pings = (): Frame[] => peer.frames.filter(({ type }) => type === frameTypes.ping);

  for (let count = 1; count <= 2; count += 1) {
    clock.now += 21_000;
    session.checkDeadlines(clock.now);
    await expect.poll(() => pings()).toHaveLength(count);
    socket.write(frame(frameTypes.ping, 1, 0, pings()[0]?.payload));
    await pause(30);
  }
  for (let seconds = 0; seconds < 280; seconds += 10) {
    clock.now += 10_000;
    session.checkDeadlines(clock.now);
  }
  await pause(30);
  expect(pings()).toHaveLength(2);
  expect(outcome).toEqual([]);
});

const ok = [":status", "200"] as const;
const streamId = fc.constantFrom(0, 1, 1, 1, 1, 2, 3);
const text = fc.uint8Array({ maxLength: 12 }).map((some) => Buffer.from(some));
const fields = fc.constantFrom<readonly (readonly [string, string])[]>(
  [ok],
  [ok, ["content-length", "3"]],
  [ok, ["content-length", "0"]],
  [
    [":status", "103"],
    ["link", "x"],
  ],
  [[":status", "204"]],
  [[":status", "20"]],
  [["grpc-status", "0"]],
  [["X-Upper", "1"]],
  [ok, ["connection", "close"]],
  [ok, ["x", "a\nb"]],
);
const end = fc.constantFrom(0, endStream);

/** Frames that a target may send, and such as are wrong. */
const some = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(streamId, fields, end)
      .map(([id, list, flags]) => frame(frameTypes.headers, endHeaders | flags, id, headerBlock(list))),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(streamId, text, end).map(([id, data, flags]) => frame(frameTypes.data, flags, id, data)),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(streamId, text).map(([id, data]) => frame(frameTypes.headers, endHeaders, id, data)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(streamId, fc.nat(13))
      .map(([id, code]) => frame(frameTypes.rstStream, 0, id, Buffer.from([0, 0, 0, code]))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(streamId, fc.nat(3))
      .map(([id, size]) => frame(frameTypes.windowUpdate, 0, id, Buffer.from([0, 0, 0, size]))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(9), fc.nat(2))
      .map(([id, value]) => frame(frameTypes.settings, 0, 0, Buffer.from([0, id, 0, 0, 0, value]))),
  },
  {
    weight: 1,
    arbitrary: fc.nat(5).map((last) => frame(frameTypes.goaway, 0, 0, Buffer.from([0, 0, 0, last, 0, 0, 0, 0]))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11), streamId, text)
      .map(([type, id, data]) => frame(type, 0, id, data)),
  },
);

/** @returns whether Node's client takes what a target sends for a whole response */
async function isWholeToNode(port: number): Promise<boolean> {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  const stream = session.request({ ":path": "/", ":authority": "a.example.com" });
  let hasEnded = false;
  let hasFailed = false;
  stream.on("error", () => {
    hasFailed = true;
  });
  stream.on("aborted", () => {
    hasFailed = true;
  });
  stream.on("end", () => {
    hasEnded = true;
  });
  let hasHead = false;
  stream.on("response", () => {
    hasHead = true;
  });
  stream.resume();
  await new Promise((resolve) => stream.on("close", resolve));
  session.destroy();
  return hasHead && hasEnded && !hasFailed && stream.rstCode === 0;
}

it("comes to one end with every request, and takes no response for whole that nghttp2 does not", async () => {
  let answer = Buffer.alloc(0);
  const peer = await openPeer((socket) => socket.end(answer));
  const outcomeOf = async (frames: readonly Buffer[]): Promise<string[]> => {
    answer = Buffer.concat(frames);
    const outcome: string[] = [];
    const session = ask(peer.port, { now: monotonicNow() }, outcome);
    await expect.poll(() => outcome.at(-1), { interval: 1 }).toMatch(/^(end|failure)/);
    session.destroy();
    return outcome.filter((one) => !one.startsWith("head"));
  };
  const change = fc.option(fc.tuple(fc.nat(), fc.nat(), fc.nat(255)));
  await fc.assert(
    fc.asyncProperty(fc.array(some, { minLength: 1, maxLength: 6 }), change, async (frames, changed) => {
      if (changed !== null) mutate(frames[changed[0] % frames.length] as Buffer, changed[1], changed[2]);
      const outcome = await outcomeOf(frames);
      expect(outcome).toHaveLength(1);
      if (outcome[0] !== "end") return;
      // What comes behind the end of a response does not make it less whole, but Node looks at all of it first.
      const needed: Buffer[] = [];
      for (const next of frames) {
        needed.push(next);
        if ((await outcomeOf(needed))[0] === "end") break;
      }
      expect(await isWholeToNode(peer.port)).toBe(true);
    }),
    { numRuns },
  );
}, 120_000);

function mutate(bytes: Buffer, at: number, value: number): void {
  bytes[at % bytes.length] = value;
}
