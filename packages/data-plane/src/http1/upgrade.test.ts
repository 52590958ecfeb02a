import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createSecureContext } from "node:tls";
import { owners } from "@pergola/core";
import { selfSigned } from "@pergola/core/testing/self-signed";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import WebSocket, { type ServerOptions, WebSocketServer } from "ws";
import { expectFloodHeldBack, openFlood } from "../testing/flood.ts";
import { openRawTarget } from "../testing/raw-target.ts";
import {
  groupArn,
  groupId,
  host,
  httpGroup,
  listener,
  networkArn,
  openSocket,
  openTarget,
  openWorld,
  pause,
  sendRaw,
  serviceArn,
  statuses,
  type World,
} from "../testing/world.ts";

let pem: { key: string; cert: string };
beforeAll(async () => {
  pem = await selfSigned();
});

/** A target that echoes messages. */
async function openEcho(
  options: ServerOptions = {},
  tls = false,
): Promise<{ id: string; port: number; server: WebSocketServer }> {
  const http = tls ? createHttpsServer(pem) : (await openTarget((_req, res) => res.end("no WebSocket"))).server;
  if (tls) await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const server = new WebSocketServer({ ...options, server: http });
  server.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on("error", () => undefined);
  });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    http.close();
  });
  return { id: "127.0.0.1", port: (http.address() as AddressInfo).port, server };
}

function dial(world: World, options: WebSocket.ClientOptions = {}, path = "/", protocols: string[] = []): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${world.port}${path}`, protocols, {
    ...options,
    headers: { host, ...options.headers },
  });
  onTestFinished(() => socket.terminate());
  return socket;
}

/** @returns whether it opened, or the error */
function opened(socket: WebSocket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("open", () => resolve("open"));
    socket.once("error", (error) => resolve(error.message));
  });
}

function nextMessage(socket: WebSocket): Promise<Buffer> {
  return new Promise((resolve) => socket.once("message", (data) => resolve(data as Buffer)));
}

const closed = (socket: WebSocket): Promise<[number, string]> =>
  new Promise((resolve) => socket.once("close", (code, reason) => resolve([code, String(reason)])));

it("carries WebSocket messages both ways, and records the connection at its end", async () => {
  const world = await openWorld();
  const target = await openEcho();
  await world.putTargets(target);
  const seen: unknown[][] = [];
  target.server.on("headers", (_headers, { headers }) =>
    seen.push([headers.host, headers["x-forwarded-for"], headers["x-amzn-requestid"] as string]),
  );

  const socket = dial(world, {}, "/chat?room=1");
  let requestId: unknown;
  socket.once("upgrade", (response) => {
    requestId = response.headers["x-amzn-requestid"];
  });
  expect(await opened(socket)).toBe("open");
  socket.send("hello");
  expect(String(await nextMessage(socket))).toBe("hello");
  const large = Buffer.alloc(3_000_000, "x");
  socket.send(large);
  expect((await nextMessage(socket)).equals(large)).toBe(true);
  expect(world.recorded).toEqual([]);
  socket.close(4001, "enough");
  expect(await closed(socket)).toEqual([4001, "enough"]);

  expect(seen).toEqual([[host, "127.0.0.1", requestId]]);
  const [record] = await world.records(1);
  expect(record).toMatchObject({
    requestId,
    serviceArn,
    serviceNetworkArn: networkArn,
    targetGroupArn: groupArn,
    targetIpPort: `127.0.0.1:${target.port}`,
    requestMethod: "GET",
    requestPath: "/chat",
    responseCode: 101,
    failureReason: "-",
  });
  expect(record?.bytesReceived).toBeGreaterThan(3_000_000);
  expect(record?.bytesSent).toBeGreaterThan(3_000_000);
  expect(world.plane.metrics()).toMatchObject({ tunnels: 1, requests: 1, responses2xx: 0 });
});

it("lets client and target agree on subprotocols and compression", async () => {
  const world = await openWorld();
  await world.putTargets(await openEcho({ perMessageDeflate: { threshold: 0 }, handleProtocols: () => "b" }));

  const socket = dial(world, { perMessageDeflate: true }, "/", ["a", "b"]);
  await opened(socket);
  expect(socket.protocol).toBe("b");
  expect(socket.extensions).toContain("permessage-deflate");
  socket.send("z".repeat(100_000));
  expect((await nextMessage(socket)).length).toBe(100_000);
  socket.close();
  await closed(socket);
  expect((await world.records(1))[0]?.bytesSent).toBeLessThan(10_000);
});

it("carries WebSocket over TLS to the client and over TLS to the target", async () => {
  const context = createSecureContext(pem);
  const world = await openWorld({ listenerPort: 443, contextFor: async () => context });
  const config = { port: 443, protocol: "HTTPS", protocolVersion: "HTTP1" } as const;
  await world.putService({
    listeners: [listener(443, { protocol: "HTTPS" })],
    targetGroups: { [groupId]: { ...httpGroup, config } },
  });
  await world.putTargets(await openEcho({}, true));

  const options = { rejectUnauthorized: false, servername: host, headers: { host } };
  const socket = new WebSocket(`wss://127.0.0.1:${world.port}/`, options);
  expect(await opened(socket)).toBe("open");
  socket.send(Buffer.alloc(500_000, 1));
  expect((await nextMessage(socket)).length).toBe(500_000);
  socket.close(1000);
  expect((await closed(socket))[0]).toBe(1000);
  expect((await world.records(1))[0]).toMatchObject({ responseCode: 101, serverNameIndication: host });
});

it("authorises an upgrade like any request", async () => {
  const world = await openWorld();
  const target = await openEcho();
  await world.putTargets(target);
  const Statement = [{ Effect: "Allow", Principal: "*", Action: "*", Resource: `${serviceArn}/open` }];
  await world.putService({ authType: "AWS_IAM", authPolicy: JSON.stringify({ Version: "2012-10-17", Statement }) });

  expect(await opened(dial(world, {}, "/closed"))).toMatch(/403/);
  expect(await opened(dial(world, {}, "/open"))).toBe("open");
  expect(target.server.clients.size).toBe(1);
  expect((await world.records(1))[0]).toMatchObject({ responseCode: 403, authDeniedReason: "Service" });
});

it("passes an answer that is no 101 on as any other, and ends the connection", async () => {
  const world = await openWorld();
  await world.putTargets(
    await openTarget((req, res) => {
      res.writeHead(426, { "x-saw": String(req.headers.upgrade), upgrade: "websocket" });
      res.end("other version, please");
    }),
  );

  const raw = await sendRaw(world.port, upgrade());
  expect(raw).toMatch(/^HTTP\/1.1 426 /);
  expect(raw).toMatch(/x-saw: websocket\r\n/);
  expect(raw).toMatch(/connection: close\r\n/);
  expect(raw).toMatch(/other version, please\r\n0\r\n\r\n$/);
  expect((await world.records(1))[0]).toMatchObject({ responseCode: 426, failureReason: "-" });
});

function upgrade(protocols = "websocket", extra = ""): string {
  return `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: ${protocols}\r\n${extra}\r\n`;
}

const smuggled = `GET /smuggled HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

it("never reads what comes behind an upgrade as a request, when it is refused", async () => {
  const world = await openWorld();
  const target = await openRawTarget((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  await world.putTargets(target);

  const raw = await sendRaw(world.port, [upgrade() + smuggled, smuggled]);
  expect(statuses(raw)).toEqual([200]);
  expect(target.received.join("")).not.toContain("smuggled");
  expect(await world.records(1)).toHaveLength(1);
});

it("hands what comes behind an upgrade to the target, after its 101 and not before", async () => {
  const world = await openWorld();
  let go = (): void => undefined;
  const target = await openRawTarget((socket, received) => {
    go = () => void socket.write(`${switching}first`);
    if (received.endsWith("last")) socket.end("bye");
  });
  await world.putTargets(target);

  const socket = await openSocket(world.port);
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk;
  });
  // More than the gateway holds for anybody: it stops reading.
  socket.write(upgrade() + smuggled + "x".repeat(1_000_000));
  await expect.poll(() => target.received[0]).toMatch(/upgrade: websocket\r\n\r\n$/);
  await pause(50);
  expect(target.received[0]).toMatch(/upgrade: websocket\r\n\r\n$/);
  go();
  await expect.poll(() => said).toMatch(/^HTTP\/1.1 101 Switching Protocols\r\n[\s\S]*\r\n\r\nfirst$/);
  socket.write("last");
  await expect.poll(() => said).toMatch(/firstbye$/);
  const behind = target.received[0]?.split("\r\n\r\n").slice(1).join("\r\n\r\n");
  expect(behind).toBe(`${smuggled}${"x".repeat(1_000_000)}last`);
  socket.destroy();
  expect((await world.records(1))[0]?.bytesReceived).toBeGreaterThan(1_000_000);
});

it.each([
  ["a length", "Content-Length: 5\r\n", "hello"],
  ["chunks", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"],
])("refuses an upgrade with a body of %s", async (_what, framing, body) => {
  const world = await openWorld();
  const target = await openRawTarget((socket) => socket.write(switching));
  await world.putTargets(target);

  const raw = await sendRaw(world.port, upgrade("websocket", framing).replace("GET", "POST") + body + smuggled);
  expect(statuses(raw)).toEqual([400]);
  expect(raw).toContain("an upgrade cannot have a body");
  expect(target.received).toEqual([]);
});

it.each([
  ["h2c", undefined],
  ["H2C, HTTP/2.0, h2, h3, TLS/1.0", undefined],
  ["websocket, h2c", "websocket"],
  ["h2c\r\nUpgrade: spdy/3.1, Tcp", "spdy/3.1, Tcp"],
  ["bad token", undefined],
  ["websocket;q=1", undefined],
  ["", undefined],
  ["a,b,c,d,e,f,g,h,i", undefined],
] as const)(
  "passes on no protocol that carries HTTP, and nothing that is no protocol: `%s`",
  async (offered, passed) => {
    const world = await openWorld();
    const target = await openRawTarget((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    await world.putTargets(target);

    const settings = "HTTP2-Settings: AAMAAABkAAQAAP__\r\n";
    expect(statuses(await sendRaw(world.port, upgrade(offered, settings), 200))).toEqual([200]);
    const lines = target.received[0]?.split("\r\n").filter((line) => /^(connection|upgrade|http2)/i.test(line));
    expect(lines).toEqual(passed === undefined ? [] : ["connection: upgrade", `upgrade: ${passed}`]);
  },
);

it.each([
  ["HTTP/1.0", upgrade().replace("HTTP/1.1", "HTTP/1.0")],
  ["no Connection header that says so", upgrade().replace("Connection: Upgrade", "Connection: keep-alive")],
])("takes a request for no upgrade that has %s", async (_what, request) => {
  const world = await openWorld();
  await world.putTargets(await openTarget((req, res) => res.end(`upgrade ${req.headers.upgrade}`)));

  expect(await sendRaw(world.port, request, 200)).toMatch(/upgrade undefined$/);
});

it.each([
  ["goes over to what was not offered", switching.replace("Upgrade: websocket", "Upgrade: h2c")],
  ["does not say what it goes over to", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n"],
  ["goes over to more than was offered", switching.replace("Upgrade: websocket", "Upgrade: websocket, h2c")],
])("answers 502 for a target that %s", async (_what, answer) => {
  const world = await openWorld();
  await world.putTargets(await openRawTarget((socket) => socket.write(`${answer}secret`)));

  const raw = await sendRaw(world.port, upgrade());
  expect(statuses(raw)).toEqual([502]);
  expect(raw).not.toContain("secret");
});

it("answers 501 when a function is to go over to another protocol", async () => {
  const world = await openWorld({ invoke: () => Promise.reject(new Error("must not be invoked")) });
  await world.putService({ targetGroups: { [groupId]: { ...httpGroup, type: "LAMBDA", config: {} } } });
  await world.putTargets({ id: "arn:aws:lambda:us-west-2:123456789012:function:f" });

  expect(statuses(await sendRaw(world.port, upgrade()))).toEqual([501]);
});

it("goes over only when the requests before it have been answered", async () => {
  const world = await openWorld();
  const target = await openEcho();
  await world.putTargets(target);

  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
  const raw = await sendRaw(
    world.port,
    `GET /first HTTP/1.1\r\nHost: ${host}\r\n\r\n${upgrade("websocket", key)}`,
    300,
  );
  expect(statuses(raw)).toEqual([200, 101]);
  expect(raw).toMatch(/no WebSocketHTTP\/1.1 101 [\s\S]*Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/);
});

it("opens more tunnels than a target may have connections for requests", async () => {
  const world = await openWorld({ options: { maxConnectionsPerTarget: 2 } });
  const target = await openEcho();
  await world.putTargets(target);

  const sockets = Array.from({ length: 20 }, () => dial(world));
  // Twice the bound may wait at one time: the others are told so.
  const results = await Promise.all(sockets.map(opened));
  expect(results.filter((result) => result === "open").length).toBeGreaterThanOrEqual(4);
  for (let i = 0; i < 10; i += 1) expect(await opened(dial(world))).toBe("open");
  expect((await sendRaw(world.port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).slice(0, 12)).toBe(
    "HTTP/1.1 200",
  );
});

it("goes to the next target when one refuses the connection", async () => {
  const world = await openWorld();
  await world.putTargets({ id: "127.0.0.1", port: 1 }, await openEcho());

  expect(await opened(dial(world))).toBe("open");
  expect(await opened(dial(world))).toBe("open");
});

it("passes the end of one direction on, and a break as a break", async () => {
  const world = await openWorld();
  const breaks: string[] = [];
  await world.putTargets(
    await openRawTarget((socket, received) => {
      socket.once("error", (error: Error & { code?: string }) => breaks.push(error.code ?? ""));
      if (received.endsWith("\r\n\r\n")) socket.write(switching);
      else socket.end("last words");
    }),
  );

  const ending = await openSocket(world.port);
  let said = "";
  ending.on("data", (chunk) => {
    said += chunk;
  });
  ending.write(upgrade());
  await expect.poll(() => said).toContain("101");
  ending.write("bye");
  await expect.poll(() => said).toMatch(/last words$/);
  const breaking = await openSocket(world.port);
  breaking.write(upgrade());
  await new Promise((resolve) => breaking.once("data", resolve));
  breaking.resetAndDestroy();
  await expect.poll(() => breaks).toContain("ECONNRESET");
  const reasons = (await world.records(2)).map((record) => record.failureReason);
  expect(reasons).toEqual(["-", "ClientConnectionClosed"]);
});

it("ends a tunnel that nothing moves in, and one that is too old", async () => {
  const world = await openWorld({ options: { maxConnectionDuration: 900, keepAliveTimeout: 5_000 } });
  await world.putTargets(await openEcho());
  await world.putService({ idleTimeoutSeconds: 0.3 });

  const idle = dial(world);
  await opened(idle);
  expect((await closed(idle))[0]).toBe(1006);
  const busy = dial(world);
  await opened(busy);
  const timer = setInterval(() => busy.readyState === WebSocket.OPEN && busy.send("x"), 50);
  expect((await closed(busy))[0]).toBe(1006);
  clearInterval(timer);
  const reasons = (await world.records(2)).map((record) => record.failureReason);
  expect(reasons).toEqual(["TargetDataTimeout", "ConnectionDurationExceeded"]);
});

it("reads no faster than the other side does", async () => {
  const world = await openWorld();
  const flood = await openFlood(switching);
  await world.putTargets(flood);
  const socket = await openSocket(world.port);
  socket.pause();
  socket.write(upgrade());
  await expectFloodHeldBack(flood, socket);
  socket.destroy();
});

it("lets go of tunnels that nothing moves in when it closes", async () => {
  const world = await openWorld();
  await world.putTargets(await openEcho());
  const socket = dial(world);
  await opened(socket);

  const isClosed = closed(socket);
  await world.plane.close(15_000);
  expect((await isClosed)[0]).toBe(1006);
  expect((await world.records(1))[0]).toMatchObject({ responseCode: 101, failureReason: "-" });
});

it("routes an upgrade by its path", async () => {
  const world = await openWorld();
  const second = "tg-0222222222222222b";
  const { id, port } = await openEcho();
  await world.put(owners.targets(second), `${id}:${port}`, { id, port, targetGroupId: second });
  const rules = [
    {
      id: "rule-1",
      priority: 1,
      match: { httpMatch: { pathMatch: { match: { prefix: "/ws" } } } },
      action: { kind: "forward", targetGroups: [{ id: second, weight: 1 }] },
    },
  ] as const;
  await world.putService({
    listeners: [listener(80, { rules, defaultAction: { kind: "fixed-response", statusCode: 404 } })],
    targetGroups: { [groupId]: httpGroup, [second]: { ...httpGroup, id: second } },
  });

  expect(await opened(dial(world, {}, "/ws/chat"))).toBe("open");
  expect(await opened(dial(world, {}, "/other"))).toMatch(/404/);
});
