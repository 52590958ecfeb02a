import { type SeededRandom, seededRandom } from "../harness/random-bytes.ts";

/** Requests that no HTTP/1.1 server may take: each ends with a 4xx or without an answer, and the connection with it. */
export function malformedRequests(host: string): Readonly<Record<string, string>> {
  const get = `GET / HTTP/1.1\r\nHost: ${host}\r\n`;
  const post = `POST / HTTP/1.1\r\nHost: ${host}\r\n`;
  const chunked = `${post}Transfer-Encoding: chunked\r\n`;
  const next = `GET /smuggled HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  return {
    "no request line": "hello there\r\n\r\n",
    "an empty method": ` / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    "an unknown method": `BREW / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    "a lower-case method": `get / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    "a tab in the request line": `GET\t/\tHTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    "an unknown version": `GET / HTTP/1.7\r\nHost: ${host}\r\n\r\n`,
    "a broken preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    "a request line of 70 KB": `GET /${"a".repeat(70_000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    "a header of 70 KB": `${get}X-A: ${"b".repeat(70_000)}\r\n\r\n`,
    "a header name of 70 KB": `${get}${"x".repeat(70_000)}: b\r\n\r\n`,
    "101 headers": `${get}${"X-A: b\r\n".repeat(100)}\r\n`,
    "10,000 headers": `${get}${"A: b\r\n".repeat(10_000)}\r\n`,
    "no Host": "GET / HTTP/1.1\r\n\r\n",
    "an empty Host": "GET / HTTP/1.1\r\nHost: \r\n\r\n",
    "two Hosts": `${get}Host: ${host}\r\n\r\n`,
    "two Hosts that differ": `${get}Host: elsewhere.example.com\r\n\r\n`,
    "a Host with user information": `GET / HTTP/1.1\r\nHost: user@${host}\r\n\r\n`,
    "a Host with a path": `GET / HTTP/1.1\r\nHost: ${host}/x\r\n\r\n`,
    "a Host with a comma": `GET / HTTP/1.1\r\nHost: ${host}, ${host}\r\n\r\n`,
    "a Host with a space": `GET / HTTP/1.1\r\nHost: a b\r\n\r\n`,
    "a Host with a huge port": `GET / HTTP/1.1\r\nHost: ${host}:999999\r\n\r\n`,
    "a Host of 1,000 characters": `GET / HTTP/1.1\r\nHost: ${"a".repeat(1_000)}\r\n\r\n`,
    "an absolute form of elsewhere": `GET http://elsewhere.example.com/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    "an absolute form with user information": `GET http://${host}@x/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    "an absolute form of another scheme": `GET gopher://${host}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    "an absolute form without a host": `GET http:/// HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    "the authority form": `CONNECT ${host}:80 HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    "CONNECT with more behind it": `CONNECT ${host}:80 HTTP/1.1\r\nHost: ${host}\r\n\r\n${next}`,
    "the asterisk form": `OPTIONS * HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    "a target without a slash": `GET a HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    "a zero byte in the target": `GET /\x00 HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    "a fragment": `GET /#a HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    "a folded header": `${get}X-A: b\r\n c\r\n\r\n`,
    "a folded Host": `GET / HTTP/1.1\r\nHost:\r\n ${host}\r\n\r\n`,
    "a line that begins with a space": `GET / HTTP/1.1\r\n X: y\r\nHost: ${host}\r\n\r\n`,
    "bare line feeds": `GET / HTTP/1.1\nHost: ${host}\nX-A: b\n\n`,
    "one bare line feed": `${get}X-A: b\nX-B: c\r\n\r\n`,
    "bare carriage returns": `GET / HTTP/1.1\rHost: ${host}\r\r`,
    "one bare carriage return": `${get}X-A: b\rX-B: c\r\n\r\n`,
    "a zero byte in a value": `${get}X-A: b\x00\r\n\r\n`,
    "a zero byte in a name": `${get}X\x00A: b\r\n\r\n`,
    "a control character in a value": `${get}X-A: \x08\r\n\r\n`,
    "a header without a colon": `${get}X-A\r\n\r\n`,
    "a header without a name": `${get}: b\r\n\r\n`,
    "a space before a colon": `${get}X-A : b\r\n\r\n`,
    "both kinds of framing": `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${next}`,
    "both kinds of framing, the other way": `${chunked}Content-Length: 4\r\n\r\n0\r\n\r\n${next}`,
    "two Content-Lengths": `${post}Content-Length: 1\r\nContent-Length: 1\r\n\r\na${next}`,
    "two Content-Lengths that differ": `${post}Content-Length: 0\r\nContent-Length: 50\r\n\r\n${next}`,
    "a negative Content-Length": `${post}Content-Length: -1\r\n\r\n${next}`,
    "a Content-Length with a sign": `${post}Content-Length: +1\r\n\r\na${next}`,
    "a huge Content-Length": `${post}Content-Length: 99999999999999999999999\r\n\r\na`,
    "a Content-Length that is no number": `${post}Content-Length: many\r\n\r\na`,
    "a Content-Length with a space in it": `${post}Content-Length: 1 0\r\n\r\na`,
    "an unknown coding": `${post}Transfer-Encoding: cow\r\n\r\n${next}`,
    "chunked and then another": `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${next}`,
    "chunked twice": `${chunked}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${next}`,
    "a chunk size that is no number": `${chunked}\r\nzz\r\nabc\r\n0\r\n\r\n`,
    "a negative chunk size": `${chunked}\r\n-3\r\nabc\r\n0\r\n\r\n`,
    "a huge chunk size": `${chunked}\r\nfffffffffffffffffff\r\nabc`,
    "a chunk that is longer than it says": `${chunked}\r\n3\r\nabcdef\r\n0\r\n\r\n`,
    "a chunk without an end of line": `${chunked}\r\n3\r\nabc0\r\n\r\n`,
    "a chunk extension of 70 KB": `${chunked}\r\n3;${"e".repeat(70_000)}\r\nabc\r\n0\r\n\r\n`,
    "bare line feeds between chunks": `${chunked}\r\n3\nabc\n0\n\n`,
    "trailers of 70 KB": `${chunked}\r\n0\r\nX: ${"t".repeat(70_000)}\r\n\r\n`,
    "an expectation that nobody meets": `${post}Expect: the-unexpected\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
  };
}

/** Bytes that begin like something, and go on at random. */
export function randomMessages(count: number, beginnings: readonly string[], seed: number): Uint8Array[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const beginning = Buffer.from(beginnings[index % beginnings.length] ?? "", "latin1");
    return Buffer.concat([beginning, random.bytes(1 + random.integer(600))]);
  });
}

/** A good message with some of its bytes changed, gone, or there twice. */
export function mutatedMessages(count: number, good: string, seed: number): Uint8Array[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    let bytes = Buffer.from(good, "latin1");
    for (let times = 1 + random.integer(4); times > 0; times -= 1) bytes = mutate(bytes, random);
    return bytes;
  });
}

function mutate(bytes: Buffer, random: SeededRandom): Buffer<ArrayBuffer> {
  const at = random.integer(bytes.length);
  const end = at + 1 + random.integer(8);
  const middle = [random.bytes(1), new Uint8Array(), bytes.subarray(at, end), random.bytes(end - at)];
  const rest = [at + 1, end, at, end] as const;
  const kind = random.integer(rest.length);
  const parts = [bytes.subarray(0, at), middle[kind] ?? new Uint8Array(), bytes.subarray(rest[kind])];
  return Buffer.concat(parts);
}
