import { expect, it } from "vitest";
import { ask, openSession } from "../testing/http2-client.ts";
import {
  endHeaders,
  endStream,
  frame,
  frameTypes,
  headerBlock,
  openRawClient,
  outcome,
} from "../testing/raw-http2-client.ts";
import { host, openTarget, openWorld, pause } from "../testing/world.ts";

const bytes = (...values: number[]): Buffer => Buffer.from(values);
const number = (value: number): Buffer => bytes(value >>> 24, value >>> 16, value >>> 8, value);
const setting = (id: number, value: number): Buffer => Buffer.concat([bytes(0, id), number(value)]);
const get = headerBlock([
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", host],
]);
const post = Buffer.concat([
  headerBlock([[":method", "POST"]]),
  get.subarray(headerBlock([[":method", "GET"]]).length),
]);
const padded = 0x8;
const withPriority = 0x20;

const protocolError = 1;
const flowControlError = 3;
const streamClosed = 5;
const frameSizeError = 6;
const compressionError = 9;
const enhanceYourCalm = 11;

const { data, headers, rstStream, settings, ping, goaway, windowUpdate, continuation } = frameTypes;
const priority = 2;
const pushPromise = 5;
const request = (id: number): Buffer => frame(headers, endHeaders | endStream, id, get);
const upload = (id: number): Buffer => frame(headers, endHeaders, id, post);

/** What ends a connection, and the error of RFC 9113 that its client is told. */
const broken: readonly (readonly [string, number, readonly Buffer[]])[] = [
  ["data on no stream", protocolError, [frame(data, 0, 0, bytes(1))]],
  ["data on a stream that was never opened", protocolError, [frame(data, 0, 1, bytes(1))]],
  [
    "data behind the end of a request",
    streamClosed,
    [upload(1), frame(data, endStream, 1), frame(data, 0, 1, bytes(1))],
  ],
  ["more padding than there is", protocolError, [upload(1), frame(data, padded, 1, bytes(5, 1))]],
  ["padding without its length", protocolError, [upload(1), frame(data, padded, 1)]],
  [
    "more data than a stream's window",
    flowControlError,
    [upload(1), ...Array.from({ length: 5 }, () => frame(data, 0, 1, Buffer.alloc(16_384)))],
  ],
  ["a frame that is too large", frameSizeError, [upload(1), frame(data, 0, 1, Buffer.alloc(16_385))]],
  ["headers on no stream", protocolError, [frame(headers, endHeaders | endStream, 0, get)]],
  ["headers on a stream of the server's", protocolError, [request(2)]],
  ["headers behind the end of a request", streamClosed, [upload(1), frame(data, endStream, 1), request(1)]],
  ["a stream with a lower number than the last", streamClosed, [request(5), request(3)]],
  [
    "a stream that depends on itself",
    protocolError,
    [frame(headers, endHeaders | endStream | withPriority, 1, Buffer.concat([number(1), bytes(0), get]))],
  ],
  ["priority in too few bytes", protocolError, [frame(headers, endHeaders | endStream | withPriority, 1, bytes(0, 0))]],
  ["a header block that is none", compressionError, [frame(headers, endHeaders | endStream, 1, bytes(0x80))]],
  ["a continuation of nothing", protocolError, [frame(continuation, endHeaders, 1, get)]],
  [
    "a continuation on another stream",
    protocolError,
    [frame(headers, endStream, 1, get), frame(continuation, endHeaders, 3)],
  ],
  [
    "a ping within a header block",
    protocolError,
    [frame(headers, endStream, 1, get), frame(ping, 0, 0, Buffer.alloc(8))],
  ],
  ["a priority of the wrong size", frameSizeError, [frame(priority, 0, 1, bytes(0))]],
  ["a priority on itself", protocolError, [frame(priority, 0, 1, Buffer.concat([number(1), bytes(0)]))]],
  ["a reset on no stream", protocolError, [frame(rstStream, 0, 0, number(8))]],
  ["a reset of a stream that was never opened", protocolError, [frame(rstStream, 0, 1, number(8))]],
  ["a reset of the wrong size", frameSizeError, [request(1), frame(rstStream, 0, 1, bytes(0))]],
  ["settings on a stream", protocolError, [frame(settings, 0, 1)]],
  ["settings of the wrong size", frameSizeError, [frame(settings, 0, 0, bytes(0, 1))]],
  ["an acknowledgement with content", frameSizeError, [frame(settings, 1, 0, setting(1, 1))]],
  ["an acknowledgement of nothing", protocolError, [frame(settings, 1, 0)]],
  ["push that is neither on nor off", protocolError, [frame(settings, 0, 0, setting(2, 2))]],
  ["a window larger than any", flowControlError, [frame(settings, 0, 0, setting(4, 2 ** 31))]],
  ["frames smaller than the least", protocolError, [frame(settings, 0, 0, setting(5, 16_383))]],
  [
    "a window that settings make too large",
    flowControlError,
    [upload(1), frame(windowUpdate, 0, 1, number(2 ** 31 - 1 - 65_535)), frame(settings, 0, 0, setting(4, 65_536))],
  ],
  [
    "forty settings in one frame",
    enhanceYourCalm,
    [frame(settings, 0, 0, Buffer.concat(Array.from({ length: 40 }, () => setting(4, 65_535))))],
  ],
  ["a ping on a stream", protocolError, [frame(ping, 0, 1, Buffer.alloc(8))]],
  ["a ping of the wrong size", frameSizeError, [frame(ping, 0, 0, Buffer.alloc(7))]],
  ["an answer to no ping", protocolError, [frame(ping, 1, 0, Buffer.alloc(8))]],
  ["a goaway on a stream", protocolError, [frame(goaway, 0, 1, Buffer.alloc(8))]],
  ["a goaway that is too short", frameSizeError, [frame(goaway, 0, 0, Buffer.alloc(7))]],
  ["a window that grows by nothing", protocolError, [frame(windowUpdate, 0, 0, number(0))]],
  ["a window that grows beyond what there is", flowControlError, [frame(windowUpdate, 0, 0, number(2 ** 31 - 1))]],
  ["a window of a stream that was never opened", protocolError, [frame(windowUpdate, 0, 1, number(1))]],
  ["a window update of the wrong size", frameSizeError, [frame(windowUpdate, 0, 0, bytes(1))]],
  ["a pushed request", protocolError, [frame(pushPromise, endHeaders, 1, Buffer.concat([number(2), get]))]],
  [
    "priorities without end",
    enhanceYourCalm,
    Array.from({ length: 2_000 }, () => frame(priority, 0, 1, Buffer.alloc(5))),
  ],
  [
    "frames of no known type without end",
    enhanceYourCalm,
    Array.from({ length: 2_000 }, () => frame(200, 0, 0, bytes(1))),
  ],
];

it.each(broken)("ends a connection with %s (error %i)", async (_name, error, frames) => {
  const world = await openWorld();
  await world.putTargets(await openTarget((req) => void req.resume()));
  const client = await openRawClient(world.port);
  // The client acknowledges the server's settings by itself.
  await client.find(({ type, flags }) => type === settings && flags === 0);
  await pause(5);
  client.send(...frames);

  const told = await client.find(({ type }) => type === goaway);
  expect(told?.payload.readUInt32BE(4)).toBe(error);
  await expect.poll(() => client.isClosed).toBe(true);
  expect((await ask(openSession(world.port), { ":authority": "nobody.example.com" })).status).toBe(404);
});

/** What concerns one stream only. */
const resets: readonly (readonly [string, string, readonly Buffer[]])[] = [
  ["trailers that do not end it", "reset 1", [upload(1), frame(headers, endHeaders, 1, headerBlock([["x", "1"]]))]],
  ["trailers with a pseudo-header", "reset 1", [upload(1), request(1)]],
  [
    "trailers of 300 headers",
    "reset 11",
    [
      upload(1),
      frame(headers, endHeaders | endStream, 1, headerBlock(Array.from({ length: 300 }, () => ["x", "1"] as const))),
    ],
  ],
  ["a window beyond what there is", "reset 3", [upload(1), frame(windowUpdate, 0, 1, number(2 ** 31 - 1))]],
];

it.each(resets)("resets a stream with %s, and serves the next one", async (_name, expected, frames) => {
  const world = await openWorld();
  await world.putTargets(await openTarget((req, res) => req.on("end", () => res.end()).resume()));
  const client = await openRawClient(world.port);
  client.send(...frames, request(3));

  expect(await outcome(client, 1)).toBe(expected);
  expect(await outcome(client, 3)).toBe("status 200");
});

it("drops what crosses with a reset of its own, and takes up compression where that left it", async () => {
  const world = await openWorld();
  await world.putTargets(await openTarget((req, res) => req.on("end", () => res.end()).resume()));
  const client = await openRawClient(world.port);
  const entry = Buffer.concat([bytes(0x40), headerBlock([["x-kept", "1"]]).subarray(1)]);
  client.send(
    upload(1),
    frame(windowUpdate, 0, 1, number(2 ** 31 - 1)),
    frame(data, 0, 1, Buffer.from("late")),
    frame(headers, endHeaders | endStream, 1, entry),
    // Names the entry that the dropped trailers have put into the table.
    frame(headers, endHeaders | endStream, 3, Buffer.concat([get, bytes(0x80 | 62)])),
  );

  expect(await outcome(client, 1)).toBe("reset 3");
  expect(await outcome(client, 3)).toBe("status 200");
});
