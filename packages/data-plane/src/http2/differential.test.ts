import { createServer } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { endHeaders, endStream, frame, frameTypes, headerBlock, takeFrames } from "../testing/raw-http2-client.ts";
import { host, openWorld } from "../testing/world.ts";
import { preface } from "./grammar.ts";

const numRuns = Number(process.env.FUZZ_RUNS ?? 150);

const padded = 0x8;
const withPriority = 0x20;
const bytes = (...values: number[]): Buffer => Buffer.from(values);
const number = (value: number): Buffer => bytes(value >>> 24, value >>> 16, value >>> 8, value);
const block = (method: string, ...more: (readonly [string, string])[]): Buffer =>
  headerBlock([[":method", method], [":scheme", "http"], [":path", "/"], [":authority", host], ...more]);
const get = block("GET");
const post = block("POST");

const streamId = fc.constantFrom(0, 1, 1, 2, 3, 3, 5, 7, 2 ** 31 - 1);
const text = fc.uint8Array({ maxLength: 20 }).map((some) => Buffer.from(some));

/** Frames that a client may send, and such as are wrong in one way. */
const some = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(streamId, fc.constantFrom(get, post)).map(([id, head]) => request(id, head)) },
  { weight: 3, arbitrary: streamId.map((id) => frame(frameTypes.headers, endHeaders, id, post)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(streamId, text, fc.constantFrom(0, endStream))
      .map(([id, data, end]) => frame(0, end, id, data)),
  },
  { weight: 1, arbitrary: fc.tuple(streamId, text).map(([id, data]) => frame(0, padded, id, data)) },
  { weight: 1, arbitrary: streamId.map((id) => frame(frameTypes.headers, 0, id, get)) },
  {
    weight: 1,
    arbitrary: streamId.map((id) => frame(frameTypes.continuation, endHeaders, id, headerBlock([["x", "1"]]))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(streamId, text)
      .map(([id, data]) => frame(frameTypes.headers, endHeaders | endStream, id, data)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(streamId, streamId)
      .map(([id, on]) =>
        frame(frameTypes.headers, endHeaders | withPriority, id, Buffer.concat([number(on), bytes(1), get])),
      ),
  },
  {
    weight: 1,
    arbitrary: streamId.map((id) =>
      frame(frameTypes.headers, endHeaders | endStream, id, headerBlock([["x-sum", "1"]])),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(streamId, fc.nat(14)).map(([id, code]) => frame(frameTypes.rstStream, 0, id, number(code))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(streamId, fc.constantFrom(0, 1, 1000))
      .map(([id, size]) => frame(frameTypes.windowUpdate, 0, id, number(size))),
  },
  // On a stream it is an error of the stream only, or none when that is over; which streams are over when is each server's own.
  { weight: 1, arbitrary: fc.constant(frame(frameTypes.windowUpdate, 0, 0, number(2 ** 31 - 1))) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(10), fc.constantFrom(0, 1, 2, 16_384, 65_535, 2 ** 31 - 1, 2 ** 32 - 1))
      .map(([id, value]) => frame(4, 0, 0, Buffer.concat([bytes(0, id), number(value)]))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(streamId, fc.nat(1), text)
      .map(([id, flags, data]) => frame(frameTypes.settings, flags, id, data)),
  },
  { weight: 1, arbitrary: fc.tuple(streamId, text).map(([id, data]) => frame(2, 0, id, data)) },
  {
    weight: 1,
    arbitrary: fc.tuple(streamId, streamId).map(([id, on]) => frame(2, 0, id, Buffer.concat([number(on), bytes(1)]))),
  },
  { weight: 1, arbitrary: fc.tuple(streamId, text).map(([id, data]) => frame(frameTypes.ping, 0, id, data)) },
  { weight: 1, arbitrary: fc.constant(frame(frameTypes.ping, 0, 0, Buffer.alloc(8))) },
  { weight: 1, arbitrary: fc.tuple(streamId, text).map(([id, data]) => frame(frameTypes.goaway, 0, id, data)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(streamId, fc.integer({ min: 10, max: 255 }), text)
      .map(([id, type, data]) => frame(type, 0, id, data)),
  },
  { weight: 1, arbitrary: streamId.map((id) => frame(5, endHeaders, id, Buffer.concat([number(2), get]))) },
  { weight: 1, arbitrary: fc.constant(frame(frameTypes.data, 0, 1, Buffer.alloc(16_385))) },
);

function request(id: number, head: Buffer): Buffer {
  return frame(frameTypes.headers, endHeaders | endStream, id, head);
}

const settings = frame(frameTypes.settings, 0, 0);
const acknowledged = frame(frameTypes.settings, 1, 0);
const asked = Buffer.from("are you?");

/** Connections as clients open them; a few as they don't. */
const connection = fc.tuple(
  fc.constantFrom(settings, settings, settings, Buffer.alloc(0)),
  fc.array(some, { maxLength: 8 }),
);
const mutated = fc.tuple(connection, fc.nat(), fc.nat(255)).map(([[first, frames], at, value]) => {
  const all = Buffer.concat([first, ...frames]);
  if (all.length > 0) all[at % all.length] = value;
  return all;
});

/** What a server makes of bytes: the error that ends the connection, or none. */
async function verdict(port: number, sent: Buffer): Promise<{ readonly error: number; readonly isAlive: boolean }> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect(port, "127.0.0.1");
  let received = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
  });
  socket.on("error", () => undefined);
  socket.on("close", () => resolve());
  // What ends a connection does it whoever is still there to hear of it.
  socket.end(Buffer.concat([preface, sent, frame(frameTypes.ping, 0, 0, asked)]));
  await promise;
  const { frames } = takeFrames(received);
  const goaways = frames.filter(({ type }) => type === frameTypes.goaway);
  return {
    error: goaways.map(({ payload }) => payload.readUInt32BE(4)).find((code) => code !== 0) ?? 0,
    isAlive: frames.some(
      ({ type, flags, payload }) => type === frameTypes.ping && flags === 1 && payload.equals(asked),
    ),
  };
}

async function openNode(): Promise<number> {
  const server = createServer();
  server.on("stream", (stream) => {
    stream.on("error", () => undefined);
    stream.respond({ ":status": 200 });
    stream.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

it.each([
  ["frames", connection.map(([first, frames]) => Buffer.concat([first, acknowledged, ...frames]))],
  ["frames with a byte that is another one", mutated],
  ["random bytes", fc.uint8Array({ maxLength: 100 }).map((random) => Buffer.from(random))],
])(
  "takes no connection of %s that nghttp2 ends with an error",
  async (_name, arbitrary) => {
    const world = await openWorld();
    const node = await openNode();
    await fc.assert(
      fc.asyncProperty(arbitrary, async (sent) => {
        const [own, nodes] = await Promise.all([verdict(world.port, sent), verdict(node, sent)]);
        // Without an answer to the ping it waits for the rest of a frame, where nghttp2 has seen enough of it.
        if (nodes.error !== 0) expect(own.error !== 0 || !own.isAlive).toBe(true);
        // Whoever is not told of an error is served: there is no third way.
        if (own.error === 0 && nodes.isAlive) expect(own.isAlive).toBe(true);
      }),
      { numRuns },
    );
  },
  120_000,
);
