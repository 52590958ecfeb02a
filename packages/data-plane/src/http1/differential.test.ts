import fc from "fast-check";
import { expect, it } from "vitest";
import { type Message, readByNode, readOwn, readOwnResponse, readResponseByNode } from "./testing/read-messages.ts";

const numRuns = Number(process.env.FUZZ_RUNS ?? 1_500);
const host = "a.example.com";

/** Lines that two readers have been known to read in two ways, beside good ones. */
const line = fc.constantFrom(
  "Content-Length: 5",
  "Content-Length: 0",
  "Content-Length: 05",
  "Content-Length: +5",
  "Content-Length: 5, 5",
  "Content-Length: 5\x0b",
  "Content-Length:5 ",
  "Content-Length: 0x5",
  "Content-Length : 5",
  "Content_Length: 5",
  "content-length:\t5\t",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: Chunked",
  "Transfer-Encoding: chunked, chunked",
  "Transfer-Encoding: identity, chunked",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding:\x0bchunked",
  "Transfer-Encoding:\tchunked",
  "Transfer-Encoding: chunked\t",
  "Transfer-Encoding : chunked",
  "Transfer-Encoding",
  " Transfer-Encoding: chunked",
  "X: y\r\n\tTransfer-Encoding: chunked",
  "X: y\nTransfer-Encoding: chunked",
  "X: y\rTransfer-Encoding: chunked",
  "TE: trailers",
  "Connection: close",
  "Connection: keep-alive, close",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Expect: 100-continue",
  "X-Empty:",
  "X-Latin: caf\xe9 \xa0",
  "X-Zero: a\0b",
  "X-Delete: \x7f",
  "Cookie: a=b; c=d",
  ": nameless",
  "A B: c",
  "Accept: */*",
);

const body = fc.constantFrom(
  "",
  "hello",
  "0\r\n\r\n",
  "5\r\nhello\r\n0\r\n\r\n",
  "05\r\nhello\r\n0\r\n\r\n",
  "5;a=b\r\nhello\r\n0;c\r\n\r\n",
  '5;a="b;c"\r\nhello\r\n0\r\n\r\n',
  '5;a="b\\""\r\nhello\r\n0\r\n\r\n',
  "5 ;a\r\nhello\r\n0\r\n\r\n",
  "5;\nhello\r\n0\r\n\r\n",
  "5\nhello\n0\n\n",
  "5\rhello\r\n0\r\n\r\n",
  "5\r\nhello0\r\n\r\n",
  "5\r\nhelloX\r\n0\r\n\r\n",
  "-5\r\nhello\r\n0\r\n\r\n",
  "0x5\r\nhello\r\n0\r\n\r\n",
  "5\r\nhello\r\n00\r\n\r\n",
  "5\r\nhello\r\n0\r\nX-Trailer: a\r\n\r\n",
  "5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n",
  "5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
  "5\r\nhello\r\n0\r\n folded\r\n\r\n",
  "5\r\nhello\r\n0\r\nX\r\n\r\n",
  "100000005\r\nhello\r\n0\r\n\r\n",
  "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
);

const requestLine = fc.constantFrom(
  ...Array<string>(4).fill("POST / HTTP/1.1"),
  "GET /a?b=c HTTP/1.1",
  "GET / HTTP/1.0",
  "HEAD / HTTP/1.1",
  "get / HTTP/1.1",
  "G\tET / HTTP/1.1",
  "SOURCE / HTTP/1.1",
  "QUERY /q HTTP/1.1",
  "M-SEARCH / HTTP/1.1",
  "PRI * HTTP/2.0",
  `GET http://${host}/x HTTP/1.1`,
  `GET https://${host}?x HTTP/1.1`,
  "GET  / HTTP/1.1",
  "GET / HTTP/1.1 ",
  "GET / HTTP/1.2",
  "GET / http/1.1",
  "GET /\xe9 HTTP/1.1",
  'GET /"<>^`{|} HTTP/1.1',
  "GET /",
  "\r\nGET / HTTP/1.1",
  "\r\n\r\nGET / HTTP/1.1",
);
const anyMessage = fc
  .tuple(requestLine, fc.array(line, { maxLength: 3 }), body)
  .map(([start, lines, rest]) => `${[start, `Host: ${host}`, ...lines].join("\r\n")}\r\n\r\n${rest}`);
const goodMessage = fc.constantFrom(
  `GET /a?b=c HTTP/1.1\r\nHost: ${host}\r\nAccept: */*\r\n\r\n`,
  `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\n\r\nhello`,
  `PUT / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-Trailer: a\r\n\r\n`,
);
const message = fc.oneof(anyMessage, goodMessage);
const mutation = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom("none", "none", "none", "drop", "double", "byte"),
  byte: fc.oneof(fc.constantFrom(0x0d, 0x0a, 0x20, 0x09, 0x3a, 0, 0x3b, 0x30), fc.nat(255)),
});
const stream = fc
  .tuple(fc.array(message, { minLength: 1, maxLength: 3 }), fc.array(mutation, { maxLength: 2 }))
  .map(([messages, mutations]) => mutations.reduce(mutate, Buffer.from(messages.join(""), "latin1")));
const cuts = fc.array(fc.nat(), { maxLength: 4 });

function mutate(bytes: Buffer, { at, kind, byte }: { at: number; kind: string; byte: number }): Buffer {
  const index = at % bytes.length;
  const before = bytes.subarray(0, index);
  if (kind === "drop") return Buffer.concat([before, bytes.subarray(index + 1)]);
  if (kind === "double") return Buffer.concat([before, bytes.subarray(index, index + 1), bytes.subarray(index)]);
  if (kind === "byte") return Buffer.concat([before, Buffer.of(byte), bytes.subarray(index + 1)]);
  return bytes;
}

function split(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [...new Set(at.map((one) => one % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index]));
}

/** An absolute form is reduced to a path by one of the two; the rest of a request line is not touched. */
function originForm({ start, ...rest }: Message): Message {
  const reduced = start.replace(/^(\S+) https?:\/\/[^/?\s]*(\S*) /i, (_all, method: string, path: string) => {
    return `${method} ${path.startsWith("/") ? path : `/${path}`} `;
  });
  return { start: reduced, ...rest };
}

it("finds no request where llhttp finds none, and the same as llhttp where it finds one", {
  timeout: 300_000,
}, async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(stream, cuts, async (bytes, at) => {
      const own = await readOwn(split(bytes, at));
      const nodes = await readByNode([bytes]);
      taken += own.messages.length;
      expect(own.messages).toEqual(nodes.slice(0, own.messages.length).map(originForm));
    }),
    { numRuns },
  );
  expect(taken).toBeGreaterThan(numRuns / 5);
});

it("reads a stream of requests alike, wherever it is cut", { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(stream, cuts, async (bytes, at) => {
      const whole = await readOwn([bytes]);
      const inParts = await readOwn(split(bytes, at));
      expect(inParts.messages).toEqual(whole.messages);
    }),
    { numRuns },
  );
});

const statusLine = fc.constantFrom(
  ...Array<string>(4).fill("HTTP/1.1 200 OK"),
  "HTTP/1.1 204 No Content",
  "HTTP/1.1 304 Not Modified",
  "HTTP/1.0 200 OK",
  "HTTP/1.1 200",
  "HTTP/1.1 200 ",
  "HTTP/1.1 99 Low",
  "HTTP/1.1 2000 High",
  "HTTP/2.0 200 OK",
  "HTTP/1.1 200 caf\xe9",
  "HTTP/1.1  200 OK",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
);
const response = fc
  .tuple(statusLine, fc.array(line, { maxLength: 3 }), body, fc.array(mutation, { maxLength: 2 }))
  .map(([start, lines, rest, mutations]) =>
    mutations.reduce(mutate, Buffer.from(`${[start, ...lines].join("\r\n")}\r\n\r\n${rest}`, "latin1")),
  );

it("takes no response that llhttp refuses, and reads the others alike", { timeout: 300_000 }, async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(response, cuts, fc.boolean(), async (bytes, at, isHead) => {
      const own = readOwnResponse(split(bytes, at), isHead);
      if (own === undefined) return;
      taken += 1;
      expect(own).toEqual(await readResponseByNode([bytes], isHead));
    }),
    { numRuns },
  );
  expect(taken).toBeGreaterThan(numRuns / 5);
});
