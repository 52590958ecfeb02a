import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { createSecureContext } from "node:tls";
import { selfSigned } from "@pergola/core/testing/self-signed";
import { expect, it } from "vitest";
import { ask, field, openSession } from "../testing/http2-client.ts";
import {
  endHeaders,
  endStream,
  frame,
  frameTypes,
  headerBlock,
  openRawClient,
  outcome,
} from "../testing/raw-http2-client.ts";
import { openRawTarget } from "../testing/raw-target.ts";
import { host, listener, openSocket, openTarget, openWorld, pause, send, statuses } from "../testing/world.ts";
import { preface } from "./grammar.ts";

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

it("answers HTTP/2 with prior knowledge on the port of HTTP/1.1, and records it as HTTP/2", async () => {
  const world = await openWorld();
  await world.putTargets(
    await openTarget((req, res) => res.end(JSON.stringify([req.method, req.url, req.headers, req.httpVersion]))),
  );
  const session = openSession(world.port);

  const reply = await ask(session, { ":path": "/a%20b?c=d", "x-own": "1", "user-agent": "tester" });

  expect(reply.status).toBe(200);
  expect(field(reply, "x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
  expect(field(reply, "date")).toMatch(/GMT$/);
  expect(JSON.parse(reply.body.toString())).toEqual([
    "GET",
    "/a%20b?c=d",
    expect.objectContaining({ host, "x-own": "1", "x-forwarded-proto": "http", "x-forwarded-for": "127.0.0.1" }),
    "1.1",
  ]);
  expect((await send(world.port, "/")).status).toBe(200);
  const [record] = await world.records(2);
  expect(record).toMatchObject({
    protocol: "HTTP/2",
    requestMethod: "GET",
    requestPath: "/a%20b",
    hostHeader: host,
    userAgent: "tester",
    responseCode: 200,
    failureReason: "-",
    tlsVersion: "-",
  });
  expect(record?.bytesSent).toBeGreaterThan(reply.body.length);
});

it("speaks HTTP/2 by ALPN where the client can, and HTTP/1.1 where it cannot", async () => {
  const context = createSecureContext(await selfSigned());
  const world = await openWorld({ listenerPort: 443, contextFor: () => Promise.resolve(context) });
  await world.putService({ listeners: [listener(443, { protocol: "HTTPS" })] });
  await world.putTargets(await openTarget((req, res) => res.end(String(req.headers["x-forwarded-proto"]))));
  const session = openSession(world.port, { servername: host, rejectUnauthorized: false }, "https");

  expect((await ask(session)).body.toString()).toBe("https");
  expect(session.alpnProtocol).toBe("h2");
  // One certificate for several names does not let a client reach one service under the name of another.
  expect((await ask(session, { ":authority": "other.example.com" })).status).toBe(404);
  const [record] = await world.records(1);
  expect(record).toMatchObject({ protocol: "HTTP/2", serverNameIndication: host, tlsVersion: "TLSv1.3" });
});

it("knows the preface however it is cut into packets, and takes methods with a P for HTTP/1.1", async () => {
  const world = await openWorld();
  await world.putTargets(await openTarget((_req, res) => res.end()));
  const socket = await openSocket(world.port);
  let raw = "";
  socket.on("data", (chunk) => {
    raw += chunk.toString("latin1");
  });
  for (const byte of preface) {
    socket.write(Buffer.from([byte]));
    await pause(1);
  }
  socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  await expect.poll(() => raw.length).toBeGreaterThan(9);
  expect(raw.charCodeAt(3)).toBe(4);
  socket.destroy();
  const old = await openSocket(world.port);
  let answer = "";
  old.on("data", (chunk) => {
    answer += chunk.toString("latin1");
  });
  for (const letter of `PUT / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n`) {
    old.write(letter);
    await pause(1);
  }
  await expect.poll(() => statuses(answer)).toEqual([200]);
  old.end("PRI * HTTP/2.1\r\n\r\n");
  await expect.poll(() => statuses(answer)).toEqual([200, 400]);
});

it("serves many streams of one connection at once", async () => {
  const world = await openWorld();
  await world.putTargets(await openTarget((req, res) => setTimeout(() => res.end(req.url), Math.random() * 20)));
  const session = openSession(world.port);
  const paths = Array.from({ length: 300 }, (_one, at) => `/${at}`);

  const replies = await Promise.all(paths.map((path) => ask(session, { ":path": path })));

  expect(replies.map(({ body }) => body.toString())).toEqual(paths);
  expect(await world.records(300)).toHaveLength(300);
});

it("relays bodies whole in both directions, with and without a length", async () => {
  const world = await openWorld();
  await world.putTargets(
    await openTarget((req, res) => {
      const framing = req.headers["content-length"] ?? req.headers["transfer-encoding"] ?? "none";
      const echo = (body: Buffer): void => {
        if (req.url === "/counted") res.setHeader("content-length", body.length);
        res.writeHead(200, { "x-framing": framing });
        res.end(body);
      };
      bodyOf(req).then(echo, () => res.destroy());
    }),
  );
  const session = openSession(world.port);
  const body = Buffer.alloc(3_000_000, "0123456789abcdef0");
  const hash = createHash("sha256").update(body).digest("hex");

  const counted = await ask(session, { ":path": "/counted", "content-length": String(body.length) }, body);
  const chunked = await ask(session, { ":path": "/chunked" }, body);

  expect(field(counted, "x-framing")).toBe(String(body.length));
  expect(field(counted, "content-length")).toBe(String(body.length));
  expect(field(chunked, "x-framing")).toBe("chunked");
  expect(field(chunked, "transfer-encoding")).toBeUndefined();
  for (const reply of [counted, chunked]) {
    expect(createHash("sha256").update(reply.body).digest("hex")).toBe(hash);
  }
  const [record] = await world.records(2);
  expect(record?.bytesReceived).toBeGreaterThan(body.length);
  expect(record?.bytesSent).toBeGreaterThan(body.length);
});

it("answers HEAD, 204 and 304 without a body, and keeps what they say about one", async () => {
  const world = await openWorld();
  await world.putTargets(
    await openTarget((req, res) => {
      const status = Number(req.url?.slice(1));
      res.writeHead(status, status === 200 ? { "content-length": 5 } : { etag: '"1"' });
      res.end(status === 200 ? "12345" : undefined);
    }),
  );
  const session = openSession(world.port);

  const head = await ask(session, { ":method": "HEAD", ":path": "/200" });
  expect([head.status, field(head, "content-length"), head.body.length]).toEqual([200, "5", 0]);
  expect(await ask(session, { ":path": "/204" })).toMatchObject({ status: 204, body: Buffer.alloc(0) });
  expect(field(await ask(session, { ":path": "/304" }), "etag")).toBe('"1"');
});

it("puts the pieces of a cookie together, and takes host for authority", async () => {
  const world = await openWorld();
  const target = await openRawTarget((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
  await world.putTargets(target);
  const client = await openRawClient(world.port);
  const fields = [
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
    ["host", host],
    ["cookie", "a=1"],
    ["x", "y"],
    ["cookie", "b=2"],
    ["cookie", "c"],
  ] as const;
  client.send(frame(frameTypes.headers, endHeaders | endStream, 1, headerBlock(fields)));

  expect(await outcome(client, 1)).toBe("status 200");
  expect(target.received[0]).toContain(`GET / HTTP/1.1\r\nhost: ${host}\r\ncookie: a=1; b=2; c\r\nx: y\r\n`);
});

it("asks a client that waits for 100 to go on, once somebody wants the body", async () => {
  const world = await openWorld();
  await world.putTargets(await openTarget((req, res) => void req.pipe(res)));
  const session = openSession(world.port);
  const stream = session.request({ ":method": "POST", ":path": "/", ":authority": host, expect: "100-continue" });
  await once(stream, "continue");
  stream.end("after all");
  expect(String(await once(stream, "data"))).toBe("after all");

  expect((await ask(session, { expect: "something-else" }, "x")).status).toBe(417);
  const unwanted = session.request({
    ":method": "POST",
    ":path": "/",
    ":authority": "nobody.example.com",
    expect: "100-continue",
  });
  unwanted.on("continue", () => expect.unreachable());
  const [headers] = await once(unwanted, "response");
  expect(headers[":status"]).toBe(404);
});

it("answers before an upload is complete, and stops the upload", async () => {
  const world = await openWorld();
  const session = openSession(world.port);
  const stream = session.request({ ":method": "POST", ":path": "/", ":authority": host });
  stream.on("error", () => undefined);
  const [headers] = await once(stream, "response");
  expect(headers[":status"]).toBe(503);
  stream.resume();
  await once(stream, "close");
  expect(stream.rstCode).toBe(0);

  expect((await ask(session)).status).toBe(503);
  expect((await world.records(2)).map(({ failureReason }) => failureReason)).toEqual([
    "TargetConnectionError",
    "TargetConnectionError",
  ]);
});

it("waits with its target for a client that reads slowly, and with its client for a target that does", async () => {
  const world = await openWorld();
  let written = 0;
  const chunk = Buffer.alloc(64 * 1024);
  await world.putTargets(
    await openTarget((req, res) => {
      if (req.method === "POST") return;
      const more = (): void => {
        while (written < 400 * chunk.length) {
          written += chunk.length;
          if (!res.write(chunk)) {
            res.once("drain", more);
            return;
          }
        }
        res.end();
      };
      more();
    }),
  );
  const session = openSession(world.port);
  const download = session.request({ ":path": "/", ":authority": host });
  await once(download, "response");
  await pause(300);
  // Buffers of the kernel on two connections, and a few pieces of ours: not the whole 25 MB.
  expect(written).toBeLessThan(16 * 1024 * 1024);
  let read = 0;
  download.on("data", (piece) => {
    read += piece.length;
  });
  await once(download, "end");
  expect(read).toBe(400 * chunk.length);

  const upload = session.request({ ":method": "POST", ":path": "/", ":authority": host });
  upload.on("error", () => undefined);
  let sent = 0;
  const push = (): void => {
    for (let canSend = true; canSend; sent += chunk.length) canSend = upload.write(chunk);
    upload.once("drain", push);
  };
  push();
  await pause(300);
  expect(sent).toBeLessThan(16 * 1024 * 1024);
});

it("passes early hints of a target on", async () => {
  const world = await openWorld();
  await world.putTargets(
    await openTarget((_req, res) => res.writeEarlyHints({ link: "</a.css>; rel=preload" }, () => res.end("done"))),
  );
  const session = openSession(world.port);
  const stream = session.request({ ":path": "/", ":authority": host });
  const [hints] = await once(stream, "headers");
  expect(hints).toMatchObject({ ":status": 103, link: "</a.css>; rel=preload" });
  expect(String(await once(stream, "data"))).toBe("done");
});
