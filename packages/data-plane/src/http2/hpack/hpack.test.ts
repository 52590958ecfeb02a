import { once } from "node:events";
import { connect, createServer } from "node:http2";
import { type AddressInfo, createConnection, createServer as createTcpServer, type Server } from "node:net";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { endHeaders, endStream, frame, frameTypes, takeFrames } from "../../testing/raw-http2-client.ts";
import { preface } from "../grammar.ts";
import { tableSize } from "./field-table.ts";
import { HeaderDecoder } from "./header-decoder.ts";
import { HeaderEncoder } from "./header-encoder.ts";

const numRuns = Number(process.env.FUZZ_RUNS ?? 300);
const limits = { maxSize: 1 << 20, maxFields: 1_000 };

const name = fc.oneof(
  fc.constantFrom("accept", "cookie", "authorization", "x-amzn-requestid", "date", "server", "content-length"),
  fc.stringMatching(/^x-[a-z0-9-]{0,30}$/),
);
const value = fc.oneof(
  fc.constantFrom("", "0", "gzip, deflate", "application/json"),
  fc.stringMatching(/^[!-~]([ -~]{0,300}[!-~])?$/),
);
/** Blocks of one connection: some headers come again and again. */
const blocks = fc.array(fc.array(fc.tuple(name, value), { maxLength: 12 }), { maxLength: 12 });

function encode(encoder: HeaderEncoder, fields: readonly string[]): Buffer {
  const out = Buffer.alloc(HeaderEncoder.room(fields));
  return out.subarray(0, encoder.encode(fields, 0, out, 0));
}

function decode(decoder: HeaderDecoder, block: Buffer): string[] | undefined {
  const isRead = decoder.decode(block, 0, block.length);
  return isRead ? decoder.fields.flatMap((field) => [field.name.spelling, field.value]) : undefined;
}

it("reads what it has written, whatever sizes of the table the other side allows meanwhile", () => {
  const size = fc.option(fc.integer({ min: 0, max: 2 * tableSize }));
  fc.assert(
    fc.property(fc.array(fc.tuple(blocks, size), { maxLength: 4 }), (parts) => {
      const encoder = new HeaderEncoder();
      const decoder = new HeaderDecoder(limits);
      for (const [some, limit] of parts) {
        for (const fields of some) expect(decode(decoder, encode(encoder, fields.flat()))).toEqual(fields.flat());
        if (limit !== null) encoder.limit(limit);
      }
    }),
    { numRuns },
  );
});

it("never runs into an error of its own on bytes that are no header block", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (pieces) => {
      const decoder = new HeaderDecoder(limits);
      for (const piece of pieces) if (!decoder.decode(Buffer.from(piece), 0, piece.length)) return;
    }),
    { numRuns: 10 * numRuns },
  );
});

it("reads what nghttp2 has written", async () => {
  const decoder = new HeaderDecoder(limits);
  const read: string[][] = [];
  const server = createTcpServer((socket) => {
    let rest = Buffer.alloc(0);
    let isBehindPreface = false;
    socket.write(frame(frameTypes.settings, 0, 0));
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      if (!isBehindPreface) rest = rest.subarray(preface.length);
      isBehindPreface = true;
      const { frames, left } = takeFrames(rest);
      rest = Buffer.from(left);
      for (const { type, payload, streamId } of frames) {
        if (type !== frameTypes.headers) continue;
        read.push(decode(decoder, payload) ?? ["broken"]);
        socket.write(frame(frameTypes.headers, endHeaders | endStream, streamId, Buffer.from([0x88])));
      }
    });
  });
  const port = await listen(server);
  const session = connect(`http://127.0.0.1:${port}`, { strictSingleValueFields: false } as object);
  onTestFinished(() => session.destroy());

  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 12 }), async (fields) => {
      read.length = 0;
      const own = fields.filter(([one]) => one !== "content-length").flat();
      const pseudo = [":method", "GET", ":scheme", "http", ":authority", "a.example.com", ":path", "/"];
      const stream = session.request([...pseudo, ...own]);
      stream.resume();
      await once(stream, "close");
      expect(read).toEqual([[...pseudo, ...own]]);
    }),
    { numRuns },
  );
});

it("writes what nghttp2 reads as it was meant", async () => {
  const server = createServer({ strictSingleValueFields: false } as object);
  const heard: string[][] = [];
  server.on("stream", (stream, _headers, _flags, raw: string[]) => {
    heard.push(raw);
    stream.respond({ ":status": 200 }, { endStream: true });
  });
  const port = await listen(server);
  const socket = createConnection({ port, host: "127.0.0.1" });
  onTestFinished(() => void socket.destroy());
  socket.write(Buffer.concat([preface, frame(frameTypes.settings, 0, 0), frame(frameTypes.settings, 1, 0)]));
  socket.resume();
  const encoder = new HeaderEncoder();
  let streamId = -1;

  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 12 }), async (fields) => {
      heard.length = 0;
      streamId += 2;
      const own = fields.filter(([one]) => one !== "content-length").flat();
      const all = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a.example.com", ...own];
      socket.write(frame(frameTypes.headers, endHeaders | endStream, streamId, encode(encoder, all)));
      await once(server, "stream");
      expect(heard).toEqual([all]);
    }),
    { numRuns },
  );
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

it("never puts what is secret into a table", () => {
  const secrets = ["authorization", "cookie", "set-cookie", "proxy-authorization", "x-amz-security-token"];
  for (const secret of secrets) {
    const encoder = new HeaderEncoder();
    const first = encode(encoder, [secret, "s3cret"]);
    // RFC 7541 §6.2.3: never indexed, so that nobody on the way does it either.
    expect((first[0] as number) >> 4).toBe(1);
    expect(encode(encoder, [secret, "s3cret"])).toEqual(first);
  }
});

it("names by its place in the table what comes again, and gives up on what never does", () => {
  const encoder = new HeaderEncoder();
  encode(encoder, ["server", "nginx"]);
  expect(encode(encoder, ["server", "nginx"])).toHaveLength(1);
  for (let i = 0; i < 10; i += 1) encode(encoder, ["x-amzn-requestid", `id-${i}`]);
  expect((encode(encoder, ["x-amzn-requestid", "another"])[0] as number) & 0xf0).toBe(0);
  expect(encode(encoder, ["server", "nginx"])).toHaveLength(1);
});
