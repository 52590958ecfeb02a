import { createServer as createHttpsServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { type ConnectionOptions, connect, createSecureContext } from "node:tls";
import { selfSigned } from "@pergola/core/testing/self-signed";
import { shakeHands } from "@pergola/core/testing/shake-hands";
import { beforeAll, expect, it, onTestFinished, vi } from "vitest";
import {
  groupArn,
  groupId,
  host,
  listener,
  openTarget,
  openWorld,
  send,
  serviceId,
  type World,
} from "../testing/world.ts";

let pem: { key: string; cert: string };
beforeAll(async () => {
  pem = await selfSigned();
});

async function openTlsWorld(): Promise<World> {
  const context = createSecureContext(pem);
  const names = new Set([host, "other.example.com"]);
  const world = await openWorld({
    listenerPort: 443,
    contextFor: (name) => Promise.resolve(names.has(name) ? context : undefined),
  });
  await world.putService({ listeners: [listener(443, { protocol: "HTTPS" })] });
  return world;
}

function sendTls(
  port: number,
  servername: string,
  headers: Record<string, string> = {},
): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const options = { port, servername, headers: { host, ...headers }, agent: false, rejectUnauthorized: false };
    const sent = request({ ...options, path: "/", minVersion: "TLSv1.2" }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, body }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

/** @returns the agreed ALPN protocol, or the code of the error */
function handshake(port: number, options: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, rejectUnauthorized: false, ...options });
    socket.on("secureConnect", () => {
      resolve(String(socket.alpnProtocol));
      socket.destroy();
    });
    socket.on("error", (error: Error & { code?: string }) => resolve(error.code ?? error.message));
    socket.on("close", () => resolve("closed"));
  });
}

it("terminates TLS by server name and records it", async () => {
  const world = await openTlsWorld();
  await world.putTargets(await openTarget((req, res) => res.end(String(req.headers["x-forwarded-proto"]))));

  expect(await sendTls(world.port, host)).toEqual({ status: 200, body: "https" });
  expect((await world.records(1))[0]).toMatchObject({
    serverNameIndication: host,
    tlsVersion: "TLSv1.3",
    sslCipher: expect.stringMatching(/^TLS_/),
  });
});

it("answers 404 when server name and Host name different services", async () => {
  const world = await openTlsWorld();
  await world.putTargets(await openTarget((_req, res) => res.end()));

  expect((await sendTls(world.port, "other.example.com")).status).toBe(404);
  expect((await sendTls(world.port, host, { host: "other.example.com" })).status).toBe(404);
});

it("takes any two names of one service together", async () => {
  const world = await openTlsWorld();
  await world.putTargets(await openTarget((_req, res) => res.end()));
  await world.putService({
    listeners: [listener(443, { protocol: "HTTPS" })],
    customDomainName: "other.example.com",
  });
  await world.put("domain/other.example.com", serviceId, {});

  expect((await sendTls(world.port, host, { host: "other.example.com" })).status).toBe(200);
  expect((await sendTls(world.port, "other.example.com")).status).toBe(200);
});

it("fails the handshake without a known name, with an old version, and with no known protocol", async () => {
  const world = await openTlsWorld();

  expect(await handshake(world.port, { servername: "nobody.example.com" })).toMatch(/ECONNRESET|ALERT|closed/);
  expect(await handshake(world.port, {})).toMatch(/ECONNRESET|ALERT|closed/);
  const old = { servername: host, minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" } as const;
  expect(await handshake(world.port, old)).toMatch(/ECONNRESET|ALERT|VERSION|closed/);
  expect(await handshake(world.port, { servername: host, ALPNProtocols: ["spdy"] })).toMatch(/ECONNRESET|ALERT|closed/);
  expect(await handshake(world.port, { servername: host, ALPNProtocols: ["http/1.1", "h2"] })).toBe("h2");
  expect(await handshake(world.port, { servername: host, ALPNProtocols: ["http/1.1"] })).toBe("http/1.1");
  expect(await handshake(world.port, { servername: host })).toBe("false");
  expect(world.plane.metrics().tlsErrors).toBeGreaterThanOrEqual(3);
});

it("speaks HTTP and HTTPS on one port when there is a listener for each", async () => {
  const world = await openTlsWorld();
  await world.putTargets(await openTarget((req, res) => res.end(String(req.headers["x-forwarded-proto"]))));
  const http = listener(443);

  expect((await send(world.port, "/")).status).toBe(404);
  await world.putService({ listeners: [listener(443, { protocol: "HTTPS" }), http] });
  expect(await send(world.port, "/")).toMatchObject({ status: 200, body: "http" });
  expect((await sendTls(world.port, host)).body).toBe("https");
});

it("forwards over TLS without validating the target's certificate", async () => {
  const world = await openWorld();
  const server = createHttpsServer(pem, (_req, res) => res.end("over TLS"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const config = { port: 443, protocol: "HTTPS", protocolVersion: "HTTP1" } as const;
  await world.putService({ targetGroups: { [groupId]: { id: groupId, arn: groupArn, type: "IP", config } } });
  await world.putTargets({ id: "127.0.0.1", port: (server.address() as AddressInfo).port });

  expect(await send(world.port, "/")).toMatchObject({ status: 200, body: "over TLS" });
  expect(await send(world.port, "/")).toMatchObject({ status: 200, body: "over TLS" });
});

it.each(["TLSv1.2", "TLSv1.3"] as const)(
  "takes sessions of %s up again on other connections, until the key of their tickets is another one",
  async (version) => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const context = createSecureContext(pem);
    const world = await openWorld({ listenerPort: 443, contextFor: async () => context });
    await world.putService({ listeners: [listener(443, { protocol: "HTTPS" })] });
    await world.putTargets(await openTarget((_req, res) => res.end("ok")));
    const limits = { minVersion: version, maxVersion: version, rejectUnauthorized: false } as const;
    const options = { port: world.port, servername: host, ...limits };
    const { session, ...first } = await shakeHands(options);
    expect(first).toEqual({ isReused: false, status: 200 });
    expect(await shakeHands({ ...options, session })).toMatchObject({ isReused: true, status: 200 });
    vi.advanceTimersByTime(3_600_000);
    expect(await shakeHands({ ...options, session })).toMatchObject({ isReused: false, status: 200 });
  },
);
