import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import {
  groupArn,
  groupId,
  host,
  httpGroup,
  openSocket,
  openTarget,
  openWorld,
  pause,
  type Reply,
  send,
  sendRaw,
  statuses,
} from "../testing/world.ts";

/** A target that answers each connection with raw bytes. */
async function openRawTarget(answer: (socket: Socket, count: number) => void): Promise<{ id: string; port: number }> {
  let count = 0;
  const server = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => {
      count += 1;
      answer(socket, count);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  return { id: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

const digest = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

it("streams 10 MB each way unchanged", async () => {
  const world = await openWorld();
  await world.putTargets(await openTarget((req, res) => req.pipe(res)));
  const sent = randomBytes(10_000_000);

  const got = await new Promise<Buffer>((resolve, reject) => {
    const client = request({ port: world.port, path: "/", method: "POST", headers: { host }, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on("data", (chunk: Buffer) => chunks.push(chunk));
      res.on("end", () => resolve(Buffer.concat(chunks)));
    });
    client.on("error", reject);
    client.end(sent);
  });

  expect(digest(got)).toBe(digest(sent));
  const [record] = await world.records(1);
  expect(record?.bytesReceived).toBeGreaterThan(10_000_000);
  expect(record?.bytesSent).toBeGreaterThan(10_000_000);
});

it("holds the target back when the client reads slowly", async () => {
  const world = await openWorld();
  let written = 0;
  await world.putTargets(
    await openTarget((_req, res) => {
      const more = (): void => {
        while (written < 50_000_000) {
          written += 65_536;
          if (!res.write(Buffer.alloc(65_536))) {
            res.once("drain", more);
            return;
          }
        }
        res.end();
      };
      more();
    }),
  );
  const socket = await openSocket(world.port);
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  await pause(500);
  const whileStuck = written;
  let read = 0;
  socket.on("data", (chunk: Buffer) => {
    read += chunk.length;
  });
  await once(socket, "close");

  // Kernel buffers of four sockets, grown as far as Linux lets them.
  expect(whileStuck).toBeLessThan(30_000_000);
  expect(read).toBeGreaterThan(50_000_000);
});

it("holds the client back when the target reads slowly", async () => {
  const world = await openWorld();
  const target = await openTarget((req, res) => {
    setTimeout(() => req.resume().on("end", () => res.end("done")), 500);
  });
  await world.putTargets(target);
  let written = 0;
  const reply = new Promise<number | undefined>((resolve) => {
    const client = request({ port: world.port, method: "POST", path: "/", headers: { host }, agent: false }, (res) => {
      res.resume();
      resolve(res.statusCode);
    });
    const more = (): void => {
      while (written < 50_000_000) {
        written += 65_536;
        if (!client.write(Buffer.alloc(65_536))) {
          client.once("drain", more);
          return;
        }
      }
      client.end();
    };
    more();
  });
  await pause(350);
  const whileStuck = written;

  expect(await reply).toBe(200);
  expect(whileStuck).toBeLessThan(30_000_000);
});

it.each<[string, number, string]>([
  ["HEAD", 200, "12"],
  ["GET", 204, "undefined"],
  ["GET", 304, "undefined"],
])("%s with %i has no body, and the connection goes on", async (method, status, length) => {
  const world = await openWorld();
  await world.putTargets(
    await openTarget((_req, res) => {
      res.writeHead(status, status === 200 ? { "content-length": "12" } : {});
      res.end(status === 200 ? "twelve bytes" : undefined);
    }),
  );
  const one = `${method} / HTTP/1.1\r\nHost: ${host}\r\n`;

  const raw = await sendRaw(world.port, [`${one}\r\n`, `${one}Connection: close\r\n\r\n`]);

  expect(statuses(raw)).toEqual([status, status]);
  expect(raw).not.toContain("twelve");
  expect(String(/content-length: (\d+)/i.exec(raw)?.[1])).toBe(length);
});

it("passes what the target says on in its spelling and order, without hop-by-hop headers", async () => {
  const world = await openWorld();
  await world.putTargets(
    await openTarget((_req, res) => {
      res.writeHead(201, [
        "Set-Cookie",
        "a=1",
        "X-One",
        "1",
        "set-cookie",
        "b=2",
        "Connection",
        "x-secret",
        "X-Secret",
        "s",
        "Keep-Alive",
        "timeout=9",
        "x-amzn-requestid",
        "forged",
        "X-Latin",
        "caf\xe9",
      ]);
      res.end("ok");
    }),
  );

  const reply = await send(world.port, "/");

  const names = reply.rawHeaders.filter((_text, at) => at % 2 === 0);
  expect(reply.status).toBe(201);
  expect(names.slice(0, 3)).toEqual(["Set-Cookie", "X-One", "set-cookie"]);
  expect(reply.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
  expect(reply.headers["x-latin"]).toBe("caf\xe9");
  expect(reply.headers["x-secret"]).toBeUndefined();
  expect(names.filter((name) => name.toLowerCase() === "x-amzn-requestid")).toHaveLength(1);
  expect(reply.headers["x-amzn-requestid"]).not.toBe("forged");
});

it("answers a refused upload although nobody reads it", async () => {
  const world = await openWorld();
  const reply: Reply = await send(world.port, "/", { method: "POST", body: Buffer.alloc(5_000_000) });
  expect(reply.status).toBe(503);
});

it.each<[string, (socket: Socket) => void, number, string]>([
  ["closes without an answer", (socket) => socket.end(), 502, "TargetConnectionClosed"],
  ["resets", (socket) => socket.resetAndDestroy(), 502, "TargetConnectionClosed"],
  ["answers no HTTP", (socket) => socket.end("hello\r\n\r\n"), 502, "TargetProtocolError"],
  [
    "has too large a head",
    (socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${"a".repeat(70_000)}\r\n\r\n`),
    502,
    "TargetProtocolError",
  ],
  ["is silent", () => undefined, 504, "TargetDataTimeout"],
])("a target that %s", async (_name, answer, status, failureReason) => {
  const world = await openWorld();
  await world.putService({ idleTimeoutSeconds: 1 });
  await world.putTargets(await openRawTarget(answer));

  expect((await send(world.port, "/")).status).toBe(status);
  expect((await world.records(1))[0]).toMatchObject({ responseCode: status, failureReason });
});

it.each<[string, (socket: Socket) => void, string]>([
  [
    "closes in the middle",
    (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"),
    "TargetConnectionClosed",
  ],
  [
    "closes in the middle of a chunk",
    (socket) => socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nabc"),
    "TargetConnectionClosed",
  ],
  [
    "stops in the middle",
    (socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"),
    "TargetDataTimeout",
  ],
])("a target that %s: the client cannot take the answer for complete", async (_name, answer, failureReason) => {
  const world = await openWorld();
  await world.putService({ idleTimeoutSeconds: 1 });
  await world.putTargets(await openRawTarget(answer));

  await expect(send(world.port, "/")).rejects.toThrow();
  expect((await world.records(1))[0]).toMatchObject({ responseCode: 200, failureReason });
});

it("answers 500 when no target can be reached", async () => {
  const world = await openWorld();
  const target = await openTarget(() => undefined);
  target.server.close();
  await world.putTargets(target);

  expect(await send(world.port, "/")).toMatchObject({ status: 500 });
  expect((await world.records(1))[0]).toMatchObject({
    failureReason: "TargetConnectionError",
    targetIpPort: `127.0.0.1:${target.port}`,
  });
});

it("goes to the next target when one refuses the connection, body included", async () => {
  const world = await openWorld();
  const dead = await openTarget(() => undefined);
  dead.server.close();
  await world.putTargets(dead, await openTarget((req, res) => req.pipe(res)));

  for (let i = 0; i < 4; i += 1) {
    expect(await send(world.port, "/", { method: "POST", body: "hello" })).toMatchObject({
      status: 200,
      body: "hello",
    });
  }
  expect(world.plane.metrics().retries).toBeGreaterThan(0);
});

it("repeats a request without body that crossed with the close of a kept connection, and no other", async () => {
  const world = await openWorld({ options: { maxConnectionsPerTarget: 1 } });
  const served = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
  // Every second request on a connection meets its close.
  const counts = new WeakMap<Socket, number>();
  const target = await openRawTarget((socket) => {
    const count = (counts.get(socket) ?? 0) + 1;
    counts.set(socket, count);
    if (count === 1) socket.write(served);
    else socket.destroy();
  });
  await world.putTargets(target);

  expect((await send(world.port, "/")).status).toBe(200);
  expect((await send(world.port, "/")).status).toBe(200);
  expect(world.plane.metrics().retries).toBe(1);
  expect((await send(world.port, "/", { method: "POST", body: "x" })).status).toBe(502);
});

it("stops the target's work when the client goes away, and records it", async () => {
  const world = await openWorld();
  const stopped = Promise.withResolvers<void>();
  await world.putTargets(
    await openTarget((_req, res) => {
      res.on("close", () => stopped.resolve());
    }),
  );
  const socket = await openSocket(world.port);
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await pause(50);
  socket.destroy();

  await stopped.promise;
  expect((await world.records(1))[0]).toMatchObject({ responseCode: 400, failureReason: "ClientConnectionClosed" });
  expect(world.plane.metrics().clientAborts).toBe(1);
});

it("stops the target's work when the client goes away in its upload or download", async () => {
  const world = await openWorld();
  let stopped = 0;
  await world.putTargets(
    await openTarget((req, res) => {
      req.resume();
      req.on("error", () => undefined);
      res.on("close", () => {
        stopped += 1;
      });
      if (req.method === "GET") res.write("begin");
    }),
  );
  for (const bytes of [
    `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 9\r\n\r\nabc`,
    `POST / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`,
    `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  ]) {
    const socket = await openSocket(world.port);
    socket.write(bytes);
    await pause(60);
    socket.destroy();
  }
  const records = await world.records(3);

  expect(records.map((record) => record.failureReason)).toEqual(Array(3).fill("ClientConnectionClosed"));
  expect(records.map((record) => record.responseCode)).toEqual([400, 400, 200]);
  await pause(50);
  expect(stopped).toBe(3);
});

it("survives a client that breaks off an upload which its target has answered already", async () => {
  const world = await openWorld();
  await world.putTargets(
    await openTarget((req, res) => {
      req.on("error", () => undefined);
      res.write("early");
    }),
  );
  for (let i = 0; i < 3; i += 1) {
    const socket = await openSocket(world.port);
    socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000000\r\n\r\nabc`);
    await once(socket, "data");
    socket.resetAndDestroy();
  }
  expect(await world.records(3)).toHaveLength(3);
  expect((await send(world.port, "/", { headers: { host: "nobody.example.com" } })).status).toBe(404);
});

it("answers an upload to a target that cannot be reached, and goes on with the connection", async () => {
  const world = await openWorld();
  const dead = await openTarget(() => undefined);
  dead.server.close();
  await world.putTargets(dead);
  const socket = await openSocket(world.port);
  let raw = "";
  socket.on("data", (chunk) => {
    raw += chunk;
  });
  socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 3000000\r\n\r\n`);
  await pause(50);
  expect(statuses(raw)).toEqual([500]);
  socket.write(Buffer.alloc(3_000_000));
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  await once(socket, "close");

  expect(statuses(raw)).toEqual([500, 500]);
});

it("refuses to wait without bound for a target", async () => {
  const world = await openWorld({ options: { maxConnectionsPerTarget: 1 } });
  await world.putService({ idleTimeoutSeconds: 1 });
  await world.putTargets(await openTarget(() => undefined));

  const replies = await Promise.all([1, 2, 3].map(() => send(world.port, "/")));

  expect(replies.map((reply) => reply.status).sort()).toEqual([503, 504, 504]);
});

it("looks up the address of an instance, and answers 500 when there is none", async () => {
  let address: string | undefined;
  const world = await openWorld({ addressOf: () => address });
  await world.putService({ targetGroups: { [groupId]: { ...httpGroup, type: "INSTANCE" } } });
  const { port } = await openTarget((_req, res) => res.end("instance"));
  await world.putTargets({ id: "i-0123456789abcdef0", port });

  expect((await send(world.port, "/")).status).toBe(500);
  address = "127.0.0.1";
  expect(await send(world.port, "/")).toMatchObject({ status: 200, body: "instance" });
});

it.each(["HTTP2", "GRPC"] as const)(
  "answers 502 to HTTP/1.1 for a target group of version %s",
  async (protocolVersion) => {
    const world = await openWorld();
    const group = {
      id: groupId,
      arn: groupArn,
      type: "IP",
      config: { protocol: "HTTP", port: 80, protocolVersion },
    } as const;
    await world.putService({ targetGroups: { [groupId]: group } });
    await world.putTargets({ id: "127.0.0.1", port: 9 });

    expect((await send(world.port, "/")).status).toBe(502);
    expect((await world.records(1))[0]).toMatchObject({ failureReason: "TargetProtocolError" });
  },
);
