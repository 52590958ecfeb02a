import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { expect, it } from "vitest";
import { openRawTarget } from "../testing/raw-target.ts";
import { host, openSocket, openTarget, openWorld, pause, send, sendRaw, statuses } from "../testing/world.ts";

const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
const digest = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

/** What has come by chunks, without its framing. */
function dechunked(raw: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = raw.indexOf("\r\n", at);
    const size = Number.parseInt(raw.toString("latin1", at, lineEnd), 16);
    if (size === 0) return Buffer.concat(parts);
    parts.push(raw.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

it.each<[string, boolean, number]>([
  ["counted", false, 0],
  ["in chunks", true, 0],
  ["counted, to a client that reads slowly", false, 3],
  ["in chunks, to a client that reads slowly", true, 3],
])("relays 8 MB %s unchanged, though memory is used again", async (_name, isChunked, delay) => {
  const world = await openWorld();
  const sent = randomBytes(8_000_000);
  const target = await openTarget((_request, response) => {
    if (!isChunked) response.setHeader("content-length", sent.length);
    for (let at = 0, size = 1; at < sent.length; at += size, size = (size * 7) % 90_001) {
      response.write(sent.subarray(at, at + size));
    }
    response.end();
  });
  await world.putTargets(target);
  const socket = await openSocket(world.port);
  socket.write(get("/", "Connection: close\r\n"));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk as Buffer);
    if (delay > 0 && chunks.length < 60) await pause(delay);
  }
  const raw = Buffer.concat(chunks);
  const body = raw.subarray(raw.indexOf("\r\n\r\n") + 4);

  expect(digest(isChunked ? dechunked(body) : body)).toBe(digest(sent));
});

it("keeps large responses to pipelined requests apart and in order", async () => {
  const world = await openWorld();
  const bodies = new Map(["/0", "/1", "/2", "/3"].map((path) => [path, randomBytes(700_000)]));
  await world.putTargets(
    await openTarget((request, response) => {
      const wait = request.url === "/0" ? 60 : 0;
      setTimeout(() => response.end(bodies.get(request.url ?? "")), wait);
    }),
  );

  const raw = await sendRaw(world.port, get("/0") + get("/1") + get("/2") + get("/3", "Connection: close\r\n"));

  const got: string[] = [];
  let rest = Buffer.from(raw, "latin1");
  for (let at = rest.indexOf("\r\n\r\n"); at !== -1; at = rest.indexOf("\r\n\r\n")) {
    got.push(digest(rest.subarray(at + 4, at + 4 + 700_000)));
    rest = rest.subarray(at + 4 + 700_000);
  }
  expect(got).toEqual([...bodies.values()].map(digest));
});

it("works on pipelined requests one after the other as soon as one may change something", async () => {
  const world = await openWorld();
  const events: string[] = [];
  await world.putTargets(
    await openTarget((request, response) => {
      events.push(`begin ${request.url}`);
      request.resume().on("end", () =>
        setTimeout(() => {
          events.push(`end ${request.url}`);
          response.end();
        }, 20),
      );
    }),
  );
  const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\n\r\nhello`;

  const raw = await sendRaw(world.port, post("/1") + post("/2") + get("/3") + post("/4"), 400);

  expect(statuses(raw)).toEqual([200, 200, 200, 200]);
  expect(events).toEqual(["1", "2", "3", "4"].flatMap((n) => [`begin /${n}`, `end /${n}`]));
});

it("sends a response's head before there is any body", async () => {
  const world = await openWorld();
  await world.putTargets(
    await openTarget((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      setTimeout(() => response.end("data: 1\n\n"), 200);
    }),
  );
  const socket = await openSocket(world.port);
  socket.write(get("/"));

  const [first] = (await once(socket, "data")) as [Buffer];

  expect(first.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n$/);
  socket.destroy();
});

it("passes on a response that ends with its connection", async () => {
  const world = await openWorld();
  await world.putTargets(await openRawTarget((socket) => socket.end("HTTP/1.0 200 OK\r\nX-A: b\r\n\r\nwhole")));

  expect(await send(world.port, "/")).toMatchObject({ status: 200, body: "whole" });
  expect(await sendRaw(world.port, `GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`)).toMatch(/\r\n\r\nwhole$/);
});

it("gives up a kept connection before the target does", async () => {
  const world = await openWorld();
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=1\r\n\r\nok";
  const target = await openRawTarget((socket) => socket.write(answer));
  await world.putTargets(target);

  await send(world.port, "/");
  await send(world.port, "/");

  expect(target.received).toHaveLength(2);
});

it("uses a connection again for every kind of request, and not after an answer to half an upload", async () => {
  const world = await openWorld();
  const target = await openTarget((request, response) => {
    if (request.url === "/early") {
      response.end("early");
      return;
    }
    request.resume().on("end", () => response.end("ok"));
  });
  let opened = 0;
  target.server.on("connection", () => {
    opened += 1;
  });
  await world.putTargets(target);
  await send(world.port, "/");
  await send(world.port, "/", { method: "HEAD" });
  await send(world.port, "/", { method: "POST", body: "hello" });
  await send(world.port, "/", { method: "POST", body: "hello", headers: { "transfer-encoding": "chunked" } });
  expect(opened).toBe(1);

  const half = `POST /early HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 9\r\n\r\nabc`;
  expect(await sendRaw(world.port, half, 200)).toMatch(/early$/);
  await send(world.port, "/");

  expect(opened).toBe(2);
});

it("cuts a client that leaves its upload unfinished after the answer", { timeout: 10_000 }, async () => {
  const world = await openWorld();
  const socket = await openSocket(world.port);
  socket.resume().write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 9\r\n\r\nabc`);

  await once(socket, "close");

  expect((await world.records(1))[0]).toMatchObject({ responseCode: 503 });
});

it("does not cut a download that goes on for longer than a connection may idle", async () => {
  const world = await openWorld({ options: { keepAliveTimeout: 100 } });
  await world.putTargets(
    await openTarget((_request, response) => {
      let count = 0;
      const timer = setInterval(() => {
        count += 1;
        response.write(String(count % 10));
        if (count < 20) return;
        clearInterval(timer);
        response.end();
      }, 25);
    }),
  );

  expect((await send(world.port, "/")).body).toBe("12345678901234567890");
});
