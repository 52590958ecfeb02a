import { expect, it } from "vitest";
import { host, listener, openSocket, openTarget, openWorld, pause, send, sendRaw, statuses } from "../testing/world.ts";

const head = `GET / HTTP/1.1\r\nHost: ${host}\r\n`;
const post = `POST / HTTP/1.1\r\nHost: ${host}\r\n`;
const smuggled = `GET /smuggled HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

it.each<[string, string]>([
  ["no request line", "nonsense\r\n\r\n"],
  ["no Host", "GET / HTTP/1.1\r\n\r\n"],
  ["no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"],
  ["two Hosts", `${head}Host: ${host}\r\n\r\n`],
  ["two Hosts that differ", `${head}Host: other.example.com\r\n\r\n`],
  [
    "Content-Length and Transfer-Encoding",
    `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  ],
  [
    "Transfer-Encoding and Content-Length",
    `${post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${smuggled}`,
  ],
  ["two Content-Lengths", `${post}Content-Length: 0\r\nContent-Length: 0\r\n\r\n${smuggled}`],
  ["two Content-Lengths that differ", `${post}Content-Length: 0\r\nContent-Length: 5\r\n\r\n${smuggled}`],
  ["a list of Content-Lengths", `${post}Content-Length: 0, 0\r\n\r\n${smuggled}`],
  ["a signed Content-Length", `${post}Content-Length: +5\r\n\r\nabcde${smuggled}`],
  ["a hexadecimal Content-Length", `${post}Content-Length: 0x5\r\n\r\nabcde${smuggled}`],
  ["an empty Content-Length", `${post}Content-Length:\r\n\r\n${smuggled}`],
  ["an unknown transfer coding", `${post}Transfer-Encoding: gzip\r\n\r\n${smuggled}`],
  ["a coding before chunked", `${post}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ["chunked twice", `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ["a quoted coding", `${post}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n${smuggled}`],
  ["a vertical tab before chunked", `${post}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ["chunked in HTTP/1.0", `POST / HTTP/1.0\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ["a space before the colon", `${head}X-A : b\r\n\r\n`],
  ["a space in a header name", `${head}X A: b\r\n\r\n`],
  ["a folded header", `${head}X-A: b\r\n c\r\n\r\n`],
  ["a folded header with a tab", `${head}X-A: b\r\n\tc\r\n\r\n`],
  ["a bare line feed after a header", `${head}X-A: b\nX-B: c\r\n\r\n`],
  ["a bare line feed as the end of the head", `${head}X-A: b\r\n\n`],
  ["a bare carriage return in a value", `${head}X-A: b\rX-B: c\r\n\r\n`],
  ["a zero byte in a value", `${head}X-A: b\x00c\r\n\r\n`],
  ["a header without a name", `${head}: b\r\n\r\n`],
  ["a header without a colon", `${head}X-A\r\n\r\n`],
  ["a space in the target", `GET /a b HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
  ["a fragment in the target", `GET /a#b HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
  ["the asterisk form", `OPTIONS * HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
  ["CONNECT", `CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
  ["an absolute form with another authority", `GET http://other.example.com/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
  ["an absolute form with user information", `GET http://${host}@other/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
  ["an absolute form of another scheme", `GET ftp://${host}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
  ["HTTP/2.0 in the request line", `GET / HTTP/2.0\r\nHost: ${host}\r\n\r\n`],
  ["a version that is none", `GET / HTTP/x\r\nHost: ${host}\r\n\r\n`],
  ["101 headers", `${head}${"X-A: b\r\n".repeat(100)}\r\n`],
  ["more than 60 KB of headers", `${head}X-A: ${"b".repeat(62_000)}\r\n\r\n`],
])("%s: 400, the connection ends, nothing reaches a target", async (_name, bytes) => {
  const world = await openWorld();
  const seen: string[] = [];
  await world.putTargets(
    await openTarget((request, response) => {
      seen.push(request.url ?? "");
      response.end();
    }),
  );

  const raw = await sendRaw(world.port, bytes);

  expect(statuses(raw)).toEqual([400]);
  expect(raw.toLowerCase()).toContain("connection: close");
  expect(seen.filter((url) => url === "/smuggled")).toEqual([]);
});

it.each<[string, string]>([
  ["a chunk size that is no number", "xyz\r\nabc\r\n0\r\n\r\n"],
  ["a chunk longer than its size", "3\r\nabcd\r\n0\r\n\r\n"],
  ["a huge chunk size", "ffffffffffffffffff\r\nabc\r\n"],
  ["a bare line feed after a chunk size", "3\nabc\r\n0\r\n\r\n"],
  ["a negative chunk size", "-1\r\nabc\r\n0\r\n\r\n"],
])("%s: the target never sees a complete request", async (_name, body) => {
  const world = await openWorld();
  let isComplete = false;
  await world.putTargets(
    await openTarget((request, response) => {
      request.resume();
      request.on("end", () => {
        isComplete = true;
        response.end();
      });
      request.on("error", () => undefined);
    }),
  );

  const raw = await sendRaw(world.port, `${post}Transfer-Encoding: chunked\r\n\r\n${body}${smuggled}`);

  expect(statuses(raw)).toEqual([400]);
  expect(isComplete).toBe(false);
  expect((await world.records(1))[0]).toMatchObject({ responseCode: 400, failureReason: "ClientProtocolError" });
});

it("takes an absolute form with the authority of Host", async () => {
  const world = await openWorld();
  await world.putTargets(await openTarget((request, response) => response.end(`[${request.url}]`)));

  const raw = await sendRaw(
    world.port,
    `GET http://${host.toUpperCase()}/a?b HTTP/1.1\r\nHost: ${host}\r\n\r\nGET HTTP://${host}?c HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
  );

  expect(statuses(raw)).toEqual([200, 200]);
  expect(raw).toContain("[/a?b]");
  expect(raw).toContain("[/?c]");
});

it("takes 100 headers and a large one", async () => {
  const world = await openWorld();
  await world.putTargets(await openTarget((_request, response) => response.end()));

  expect(statuses(await sendRaw(world.port, `${head}${"X-A: b\r\n".repeat(98)}Connection: close\r\n\r\n`))).toEqual([
    200,
  ]);
  const large = `${head}X-A: ${"b".repeat(12_000)}\r\nConnection: close\r\n\r\n`;
  expect(statuses(await sendRaw(world.port, large))).toEqual([200]);
});

it("ends a connection that takes too long for its head", async () => {
  const world = await openWorld({ options: { headersTimeout: 150 } });
  const silent = await openSocket(world.port);
  const closed = new Promise((resolve) => silent.once("close", resolve));
  silent.resume();

  const raw = await sendRaw(world.port, head, 3_000);

  expect(statuses(raw)).toEqual([408]);
  await closed;
});

it("survives clients that reset at any moment", async () => {
  const world = await openWorld();
  await world.putTargets(await openTarget((_request, response) => setTimeout(() => response.end("late"), 20)));
  for (const bytes of ["", "G", "\x16", "\x16\x03\x01", head, `${head}\r\n`, `${post}Content-Length: 9\r\n\r\nabc`]) {
    const socket = await openSocket(world.port);
    socket.write(bytes, "latin1");
    await pause(5);
    socket.resetAndDestroy();
  }
  await pause(50);

  expect(await send(world.port, "/")).toMatchObject({ status: 200, body: "late" });
});

it("answers 417 to other expectations than 100-continue", async () => {
  const world = await openWorld();
  expect(statuses(await sendRaw(world.port, `${post}Expect: tea\r\nContent-Length: 0\r\n\r\n`))).toEqual([417]);
});

it("answers pipelined requests in their order", async () => {
  const world = await openWorld();
  await world.putTargets(
    await openTarget((request, response) =>
      setTimeout(() => response.end(`<${request.url}>`), request.url === "/1" ? 60 : 1),
    ),
  );
  const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;

  const raw = await sendRaw(world.port, get("/1") + get("/2") + get("/3", "Connection: close\r\n"));

  expect(raw.match(/<\/\d>/g)).toEqual(["</1>", "</2>", "</3>"]);
});

it("cuts a connection with too many unanswered requests", async () => {
  const world = await openWorld();
  await world.putTargets(await openTarget(() => undefined));

  const raw = await sendRaw(world.port, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`.repeat(150), 2_000);

  expect(raw).toBe("");
  expect(await world.records(100)).toHaveLength(100);
});

it("keeps a fixed 404 apart from an unknown service only by its record", async () => {
  const world = await openWorld();
  await world.putService({ listeners: [listener(80, { defaultAction: { kind: "fixed-response", statusCode: 404 } })] });
  const headers = { "content-length": "5" };

  expect(await send(world.port, "/", { method: "POST", body: "hello", headers })).toMatchObject({
    body: "Not Found\n",
  });
  expect((await world.records(1))[0]).toMatchObject({ responseCode: 404, failureReason: "-", targetIpPort: "-" });
});
