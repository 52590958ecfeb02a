import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { selfSigned } from "@pergola/core/testing/self-signed";
import { afterEach, describe, expect, it, vi } from "vitest";
import { networkProber } from "./network-prober.ts";
import type { Probe } from "./prober.ts";

const servers: Server[] = [];
const sockets = new Set<Socket>();

async function listen(server: Server, host = "127.0.0.1"): Promise<number> {
  servers.push(server);
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, host);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const target = (port: number, more: Partial<Probe> = {}): Probe => ({
  address: "127.0.0.1",
  port,
  protocol: "HTTP",
  protocolVersion: "HTTP1",
  path: "/",
  ...more,
});
const ask = (probe: Probe, timeoutMs = 2_000): Promise<number> =>
  networkProber.probe(probe, AbortSignal.timeout(timeoutMs));

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

describe("a probe over HTTP/1.1", () => {
  it("is a GET of the path with its query, names itself, and closes the connection", async () => {
    const seen: IncomingMessage[] = [];
    const port = await listen(
      createHttpServer((request, response) => {
        seen.push(request);
        response.writeHead(204).end();
      }),
    );

    expect(await ask(target(port, { path: "/health?deep=1&x=%20" }))).toBe(204);

    expect([seen[0]?.method, seen[0]?.url, seen[0]?.headers.host]).toEqual([
      "GET",
      "/health?deep=1&x=%20",
      `127.0.0.1:${port}`,
    ]);
    expect(seen[0]?.headers["user-agent"]).toMatch(/^Pergola-HealthChecker\//);
    await vi.waitUntil(() => sockets.size === 0, { timeout: 4_000 });
  });

  it.each([200, 204, 302, 404, 500, 503])("gives the status %i as it is", async (status) => {
    const port = await listen(
      createHttpServer((_, response) => void response.writeHead(status, { location: "http://127.0.0.1:1/" }).end()),
    );

    expect(await ask(target(port))).toBe(status);
  });

  it("reads only the beginning of a body without end, and closes", async () => {
    const flood = (response: ServerResponse): void => {
      while (response.write(Buffer.alloc(65_536)) && !response.destroyed);
      if (!response.destroyed) response.once("drain", () => flood(response));
    };
    const port = await listen(createHttpServer((_, response) => flood(response.writeHead(200))));

    expect(await ask(target(port))).toBe(200);
    await vi.waitUntil(() => sockets.size === 0, { timeout: 4_000 });
  });

  it("reaches IPv6 targets", async () => {
    const hosts: (string | undefined)[] = [];
    const port = await listen(
      createHttpServer((request, response) => {
        hosts.push(request.headers.host);
        response.end();
      }),
      "::1",
    );

    expect(await ask(target(port, { address: "::1" }))).toBe(200);
    expect(hosts).toEqual([`[::1]:${port}`]);
  });

  it.each<[string, (socket: Socket) => unknown]>([
    ["never answers", () => undefined],
    [
      "sends its head a byte at a time, too slowly",
      (socket) => setInterval(() => socket.writable && socket.write("H"), 50),
    ],
    ["stops within the body", (socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")],
    ["resets the connection", (socket) => socket.resetAndDestroy()],
    ["closes without an answer", (socket) => socket.end()],
    ["closes within the body", (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")],
    ["does not speak HTTP", (socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n")],
    ["sends a head without end", (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${"a".repeat(100_000)}`)],
    ["changes the protocol", (socket) => socket.write("HTTP/1.1 101 No\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n")],
  ])("fails for a target that %s", async (_, behave) => {
    const port = await listen(
      createTcpServer((socket) => {
        socket.on("error", () => undefined).resume();
        behave(socket);
      }),
    );

    await expect(ask(target(port), 300)).rejects.toThrow();
    await vi.waitUntil(() => sockets.size === 0, { timeout: 4_000 });
  });

  it("fails where nothing listens, and for a path that cannot be sent", async () => {
    const server = createTcpServer();
    const port = await listen(server);
    server.close();

    await expect(ask(target(port))).rejects.toThrow("ECONNREFUSED");
    await expect(ask(target(port, { path: "/a b\r\nx: y" }))).rejects.toThrow("unescaped");
  });

  it("takes any certificate", async () => {
    const port = await listen(createHttpsServer(await selfSigned(), (_, response) => void response.end("ok")));

    expect(await ask(target(port, { protocol: "HTTPS" }))).toBe(200);
    await expect(ask(target(port), 500)).rejects.toThrow();
  });
});

describe("a probe over HTTP/2", () => {
  it("works with prior knowledge and over TLS, and closes the connection", async () => {
    const paths: unknown[] = [];
    const answer = (stream: { respond(headers: object): void; end(text: string): void }, headers: object): void => {
      paths.push((headers as Record<string, unknown>)[":path"]);
      stream.respond({ ":status": 202 });
      stream.end("ok");
    };
    const plain = await listen(createHttp2Server().on("stream", answer));
    const secure = await listen(createSecureServer(await selfSigned()).on("stream", answer));
    const http2 = { protocolVersion: "HTTP2", path: "/h?x=1" } as const;

    expect(await ask(target(plain, http2))).toBe(202);
    expect(await ask(target(secure, { ...http2, protocol: "HTTPS" }))).toBe(202);
    expect(paths).toEqual(["/h?x=1", "/h?x=1"]);
    await vi.waitUntil(() => sockets.size === 0, { timeout: 4_000 });
  });

  it("fails for targets that speak HTTP/1.1, are silent, reset, or are not there", async () => {
    const http2 = { protocolVersion: "HTTP2" } as const;
    const http1 = await listen(createHttpServer((_, response) => void response.end()));
    const silent = await listen(createTcpServer((socket) => void socket.on("error", () => undefined).resume()));
    const resetting = await listen(createTcpServer((socket) => void socket.resetAndDestroy()));
    const rejecting = await listen(
      createHttp2Server().on("stream", (stream) => stream.on("error", () => undefined).close(7)),
    );

    for (const port of [http1, silent, resetting, rejecting])
      await expect(ask(target(port, http2), 300)).rejects.toThrow();
    await expect(ask(target(1, http2))).rejects.toThrow("ECONNREFUSED");
    await vi.waitUntil(() => sockets.size === 0, { timeout: 4_000 });
  });
});
