import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect, createSecureContext, type TLSSocket } from "node:tls";
import { owners } from "@pergola/core";
import { selfSigned } from "@pergola/core/testing/self-signed";
import { beforeAll, expect, it } from "vitest";
import { clientHello, inRecords } from "../testing/client-hellos.ts";
import { expectFloodHeldBack, openFlood } from "../testing/flood.ts";
import { openRawTarget } from "../testing/raw-target.ts";
import { openTlsTarget } from "../testing/tls-target.ts";
import {
  account,
  groupArn,
  groupId,
  host,
  listener,
  network,
  networkArn,
  networkId,
  openTarget,
  openWorld,
  pause,
  service,
  serviceArn,
  serviceId,
  vpcId,
  type World,
  type WorldOptions,
} from "../testing/world.ts";

let pem: { key: string; cert: string };
let hello: Buffer;
beforeAll(async () => {
  pem = await selfSigned();
  hello = await clientHello({ servername: name });
});

const name = "orders.example.com";
const tcpGroup = {
  id: groupId,
  arn: groupArn,
  type: "IP",
  config: { port: 443, protocol: "TCP", vpcIdentifier: "vpc-0dest" },
} as const;
const passing = {
  customDomainName: name,
  listeners: [listener(443, { protocol: "TLS_PASSTHROUGH" })],
  targetGroups: { [groupId]: tcpGroup },
} as const;

async function openPassthrough(given: WorldOptions = {}): Promise<World> {
  const world = await openWorld({ listenerPort: 443, ...given });
  await world.putService(passing);
  await world.put(`domain/${name}`, serviceId, {});
  return world;
}

/** @returns the connection after its handshake, or why there is none */
function open(port: number, options: ConnectionOptions & { localAddress?: string } = {}): Promise<TLSSocket | string> {
  return new Promise((resolve) => {
    const socket = connect({ port, servername: name, rejectUnauthorized: false, ...options });
    socket.on("secureConnect", () => resolve(socket));
    socket.on("error", (error: Error & { code?: string }) => resolve(error.code ?? error.message));
    socket.on("close", () => resolve("closed"));
  });
}

/** @returns what the other side says until it ends */
async function talk(socket: TLSSocket | string, text: string): Promise<string> {
  if (typeof socket === "string") return socket;
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk;
  });
  // The end of one direction would be taken for the end of an HTTP client.
  socket.write(text);
  if (!text.startsWith("GET")) socket.end();
  await new Promise((resolve) => socket.once("close", resolve));
  return said;
}

/** Plain TCP with a ClientHello on it: the gateway cannot tell. */
async function openPlain(port: number): Promise<Socket & { said(): string; isOver: Promise<string> }> {
  const socket = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true });
  const chunks: Buffer[] = [];
  let error = "";
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("end", () => socket.end());
  socket.on("error", (failure: Error & { code?: string }) => {
    error = failure.code ?? failure.message;
  });
  const isOver = new Promise<string>((resolve) => socket.once("close", () => resolve(error)));
  await new Promise((resolve) => socket.once("connect", resolve));
  return Object.assign(socket, { said: () => Buffer.concat(chunks).toString("latin1"), isOver });
}

it("passes a TLS connection to the target of the service whose custom domain name the client asks for", async () => {
  const world = await openPassthrough();
  const target = await openTlsTarget(pem, (socket) => socket.pipe(socket));
  await world.putTargets(target);

  const socket = await open(world.port);
  expect((socket as TLSSocket).getPeerX509Certificate()?.subject).toBe("CN=test");
  expect(await talk(socket, "hello target")).toBe("hello target");
  expect(target.serverNames).toEqual([name]);
  const [record] = await world.records(1);
  expect(record).toMatchObject({
    serviceArn,
    serviceNetworkArn: networkArn,
    targetGroupArn: groupArn,
    serverNameIndication: name,
    sourceVpcId: vpcId,
    destinationVpcId: "vpc-0dest",
    targetIpPort: `127.0.0.1:${target.port}`,
    requestMethod: "-",
    requestPath: "-",
    protocol: "-",
    hostHeader: "-",
    userAgent: "-",
    tlsVersion: "-",
    sslCipher: "-",
    responseCode: "-",
    resolvedUser: "-",
    failureReason: "-",
    sourceIpPort: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
  });
  expect(record?.bytesReceived).toBeGreaterThan(hello.length);
  expect(record?.bytesSent).toBeGreaterThan(500);
  expect(world.plane.metrics().tunnels).toBe(1);
});

const other = {
  id: "svc-0bbbbbbbbbbbbbbbb",
  host: host.replace(serviceId.slice(4), "0bbbbbbbbbbbbbbbb"),
  groupId: "tg-0bbbbbbbbbbbbbbbb",
};

/** A service in the same network with HTTPS and HTTP targets that answer `terminated`. */
async function putHttpsService(world: World, customDomainName?: string, networkIds = [networkId]): Promise<void> {
  const target = await openTarget((_req, res) => res.end("terminated"));
  const toOther = { kind: "forward", targetGroups: [{ id: other.groupId, weight: 1 }] } as const;
  const config = { protocol: "HTTP", protocolVersion: "HTTP1" } as const;
  await world.put(
    owners.serviceSnapshots,
    other.id,
    service({
      serviceId: other.id,
      domainName: other.host,
      networkIds,
      ...(customDomainName !== undefined && { customDomainName }),
      listeners: [listener(443, { protocol: "HTTPS", defaultAction: toOther })],
      targetGroups: { [other.groupId]: { ...tcpGroup, id: other.groupId, config } },
    }),
  );
  const { id, port } = target;
  await world.put(owners.targets(other.groupId), `${id}:${port}`, { id, port, targetGroupId: other.groupId });
}

function get(servername: string): string {
  return `GET / HTTP/1.1\r\nHost: ${servername}\r\nConnection: close\r\n\r\n`;
}

it("leaves HTTPS services on the same port as they are", async () => {
  const context = createSecureContext(pem);
  const world = await openPassthrough({ contextFor: async (asked) => (asked === other.host ? context : undefined) });
  await world.putTargets(await openTlsTarget(pem, (socket) => socket.end("passed")));
  await putHttpsService(world);

  expect(await talk(await open(world.port), "")).toBe("passed");
  expect(await talk(await open(world.port, { servername: other.host }), get(other.host))).toMatch(/terminated$/);
  expect(await talk(await open(world.port), "")).toBe("passed");
});

it("decides by the client's network between services of one name of which only one terminates TLS", async () => {
  const context = createSecureContext(pem);
  const vpcs = new Map([
    ["127.0.0.1", { vpcId, account }],
    ["127.0.0.2", { vpcId: "vpc-0222", account }],
  ]);
  const world = await openPassthrough({ contextFor: async () => context, vpcOf: (address) => vpcs.get(address) });
  await world.putTargets(await openTlsTarget(pem, (socket) => socket.end("passed")));
  await putHttpsService(world, name, ["sn-0second"]);
  await world.put(
    owners.networkSnapshots,
    "sn-0second",
    network({ networkId: "sn-0second", vpcs: [{ vpcId: "vpc-0222", account, associationId: "snva-2" }] }),
  );
  await world.put(`domain/${name}`, other.id, {});

  expect(await talk(await open(world.port), "")).toBe("passed");
  expect(await talk(await open(world.port, { localAddress: "127.0.0.2" }), get(name))).toMatch(/terminated$/);
  expect(await open(world.port, { localAddress: "127.0.0.3" })).toMatch(/UNRECOGNIZED_NAME/);
});

it.each([
  ["no server name", { servername: "" }],
  ["a name that no service has", { servername: "unknown.example.com" }],
  ["the generated name, which TLS listeners do not answer to", { servername: host }],
] as const)("refuses the handshake for %s", async (_what, options) => {
  const world = await openPassthrough();
  const target = await openTlsTarget(pem, (socket) => socket.end());
  await world.putTargets(target);

  expect(await open(world.port, options)).toMatch(/ECONNRESET|ALERT|closed/);
  expect(target.serverNames).toEqual([]);
  expect(world.recorded).toEqual([]);
});

it("refuses a connection on a port where the service has no such listener", async () => {
  const world = await openPassthrough({ listenerPort: 8443 });
  await world.putTargets(await openTlsTarget(pem, (socket) => socket.end()));

  expect(await open(world.port)).toMatch(/ECONNRESET|ALERT|closed/);
});

it("tells a client of no associated VPC what one gets for an unknown name, and records it", async () => {
  const world = await openPassthrough({ vpcOf: () => undefined });
  await world.putTargets(await openTlsTarget(pem, (socket) => socket.end()));

  expect(await open(world.port)).toMatch(/UNRECOGNIZED_NAME/);
  expect((await world.records(1))[0]).toMatchObject({
    serviceArn,
    serviceNetworkArn: "-",
    failureReason: "ClientAccessDenied",
    targetIpPort: "-",
  });
});

const statement = { Effect: "Allow", Principal: "*", Resource: "*" };
const policies = [
  ["Connect allowed", [{ ...statement, Action: "vpc-lattice-svcs:Connect" }], true],
  ["Connect allowed for the service's ARN", [{ ...statement, Action: "*", Resource: serviceArn }], true],
  ["only Invoke allowed", [{ ...statement, Action: "vpc-lattice-svcs:Invoke" }], false],
  ["only paths of the service allowed", [{ ...statement, Action: "*", Resource: `${serviceArn}/*` }], false],
  [
    "another port allowed",
    [{ ...statement, Action: "*", Condition: { NumericEquals: { "vpc-lattice-svcs:Port": "8443" } } }],
    false,
  ],
  [
    "the client's VPC allowed",
    [{ ...statement, Action: "*", Condition: { StringEquals: { "vpc-lattice-svcs:SourceVpc": vpcId } } }],
    true,
  ],
  [
    "authenticated callers allowed, which there are none of",
    [{ ...statement, Action: "*", Condition: { StringNotEquals: { "aws:PrincipalType": "Anonymous" } } }],
    false,
  ],
] as const;

it.each(policies)("applies the service's policy to anonymous connections: %s", async (_what, Statement, isAllowed) => {
  const world = await openPassthrough();
  await world.putTargets(await openTlsTarget(pem, (socket) => socket.end("passed")));
  const authPolicy = JSON.stringify({ Version: "2012-10-17", Statement });
  await world.putService({ ...passing, authType: "AWS_IAM", authPolicy });

  expect(await talk(await open(world.port), "")).toMatch(isAllowed ? /^passed$/ : /ACCESS_DENIED/);
  expect((await world.records(1))[0]).toMatchObject(
    isAllowed
      ? { resolvedUser: "Anonymous", authDeniedReason: "-", failureReason: "-" }
      : {
          resolvedUser: "Anonymous",
          authDeniedReason: "Service",
          failureReason: "ClientAccessDenied",
          targetIpPort: "-",
        },
  );
});

it("denies everything under AWS_IAM without a policy, the network's first", async () => {
  const world = await openPassthrough();
  await world.putTargets(await openTlsTarget(pem, (socket) => socket.end()));
  await world.putService({ ...passing, authType: "AWS_IAM" });
  await world.putNetwork({ authType: "AWS_IAM" });

  expect(await open(world.port)).toMatch(/ACCESS_DENIED/);
  expect((await world.records(1))[0]?.authDeniedReason).toBe("Network");
  expect(world.plane.metrics().denied).toBe(1);
});

it("takes another target when one refuses the connection, and gives up when all do", async () => {
  const world = await openPassthrough();
  const target = await openTlsTarget(pem, (socket) => socket.end("passed"));
  await world.putTargets({ id: "127.0.0.1", port: 1 }, target);
  for (let i = 0; i < 4; i += 1) expect(await talk(await open(world.port), "")).toBe("passed");
  expect(world.plane.metrics().retries).toBe(4);

  await world.store.transact([
    { kind: "delete", key: { owner: owners.targets(groupId), id: `127.0.0.1:${target.port}` }, expect: "any" },
  ]);
  expect(await open(world.port)).toMatch(/INTERNAL_ERROR/);
  expect((await world.records(5)).at(-1)).toMatchObject({
    targetIpPort: "127.0.0.1:1",
    failureReason: "TargetConnectionError",
    bytesSent: 0,
  });
});

it("refuses a connection when no target is registered, or all weights are zero", async () => {
  const world = await openPassthrough();

  expect(await open(world.port)).toMatch(/INTERNAL_ERROR/);
  await world.putTargets(await openTlsTarget(pem, (socket) => socket.end()));
  const weightless = { kind: "forward", targetGroups: [{ id: groupId, weight: 0 }] } as const;
  await world.putService({
    ...passing,
    listeners: [listener(443, { protocol: "TLS_PASSTHROUGH", defaultAction: weightless })],
  });
  expect(await open(world.port)).toMatch(/INTERNAL_ERROR/);
});

it("chooses among target groups by weight", async () => {
  let random = 0;
  const world = await openPassthrough({ options: { random: () => random } });
  const second = "tg-0222222222222222b";
  await world.putTargets(await openTlsTarget(pem, (socket) => socket.end("first")));
  const { id, port } = await openTlsTarget(pem, (socket) => socket.end("second"));
  await world.put(owners.targets(second), `${id}:${port}`, { id, port, targetGroupId: second });
  const defaultAction = {
    kind: "forward",
    targetGroups: [
      { id: groupId, weight: 1 },
      { id: second, weight: 3 },
    ],
  } as const;
  await world.putService({
    ...passing,
    listeners: [listener(443, { protocol: "TLS_PASSTHROUGH", defaultAction })],
    targetGroups: { [groupId]: tcpGroup, [second]: { ...tcpGroup, id: second } },
  });

  expect(await talk(await open(world.port), "")).toBe("first");
  random = 0.26;
  expect(await talk(await open(world.port), "")).toBe("second");
});

it("finds the name in a hello that comes in many records and reads", async () => {
  const world = await openPassthrough();
  const target = await openRawTarget((socket) => socket.write("seen"));
  await world.putTargets(target);
  const wire = inRecords(
    hello,
    Array.from({ length: 100 }, (_, i) => i * 5),
  );

  const socket = await openPlain(world.port);
  socket.setNoDelay(true);
  for (let at = 0; at < wire.length; at += 50) {
    socket.write(wire.subarray(at, at + 50));
    await pause(1);
  }
  await expect.poll(() => socket.said()).toMatch(/^(seen)+$/);
  expect(target.received[0]).toBe(wire.toString("latin1"));
  socket.destroy();
});

it("cuts a client that is slow with its hello, or ends in it", async () => {
  const world = await openPassthrough({ options: { headersTimeout: 200 } });
  const target = await openRawTarget(() => undefined);
  await world.putTargets(target);

  const slow = await openPlain(world.port);
  slow.write(hello.subarray(0, 100));
  const ended = await openPlain(world.port);
  ended.end(hello.subarray(0, hello.length - 1));
  await Promise.all([slow.isOver, ended.isOver]);
  expect(target.received).toEqual([]);
});

it("passes the end of one direction on and leaves the other open", async () => {
  const world = await openPassthrough();
  const ends: string[] = [];
  const target = await openRawTarget((socket, received) => {
    if (!received.endsWith("question")) return;
    socket.once("end", () => {
      ends.push("target saw the end");
      socket.end("answer");
    });
  });
  await world.putTargets(target);

  const socket = await openPlain(world.port);
  socket.end(Buffer.concat([hello, Buffer.from("question")]));
  expect(await socket.isOver).toBe("");
  expect(socket.said()).toBe("answer");
  expect(ends).toEqual(["target saw the end"]);
  const size = hello.length + "question".length;
  expect((await world.records(1))[0]).toMatchObject({ failureReason: "-", bytesReceived: size, bytesSent: 6 });
});

it("passes a break on as a break, both ways", async () => {
  const world = await openPassthrough();
  const breaks: string[] = [];
  const target = await openRawTarget((socket, received) => {
    socket.once("error", (error: Error & { code?: string }) => breaks.push(error.code ?? ""));
    if (received.endsWith("break")) socket.resetAndDestroy();
    else socket.write("open");
  });
  await world.putTargets(target);

  const broken = await openPlain(world.port);
  broken.write(Buffer.concat([hello, Buffer.from("break")]));
  expect(await broken.isOver).toBe("ECONNRESET");
  const breaking = await openPlain(world.port);
  breaking.write(hello);
  await expect.poll(() => breaking.said()).toBe("open");
  breaking.resetAndDestroy();
  await expect.poll(() => breaks).toEqual(["ECONNRESET"]);
  const reasons = (await world.records(2)).map((record) => record.failureReason);
  expect(reasons).toEqual(["TargetConnectionClosed", "ClientConnectionClosed"]);
});

it("reads no faster than the other side does", async () => {
  const world = await openPassthrough();
  const flood = await openFlood(undefined);
  await world.putTargets(flood);
  const socket = await openPlain(world.port);
  socket.pause();
  socket.write(hello);
  await expectFloodHeldBack(flood, socket);
  socket.destroy();
});

it("ends a connection that nothing moves on, and one that is too old", async () => {
  const world = await openPassthrough({ options: { maxConnectionDuration: 900 } });
  await world.putTargets(await openRawTarget((socket) => socket.write("open")));
  await world.putService({ ...passing, idleTimeoutSeconds: 0.3 });

  const idle = await openPlain(world.port);
  idle.write(hello);
  expect(await idle.isOver).toBe("ECONNRESET");
  const busy = await openPlain(world.port);
  busy.write(hello);
  const timer = setInterval(() => busy.write("x"), 50);
  expect(await busy.isOver).toMatch(/ECONNRESET|EPIPE/);
  clearInterval(timer);
  const reasons = (await world.records(2)).map((record) => record.failureReason);
  expect(reasons).toEqual(["TargetDataTimeout", "ConnectionDurationExceeded"]);
});

it("gives up the connection to the target when the client goes away first", async () => {
  const world = await openPassthrough({ options: { connectTimeout: 400 } });
  // Nobody answers there: TEST-NET-1, RFC 5737.
  await world.putTargets({ id: "192.0.2.1", port: 443 });

  const started = Date.now();
  const socket = await openPlain(world.port);
  socket.write(hello);
  await socket.isOver;
  expect(Date.now() - started).toBeLessThan(5_000);
  expect((await world.records(1))[0]).toMatchObject({ failureReason: "TargetConnectionError", bytesSent: 0 });
});

it("lets go of connections that nothing moves on when it closes", async () => {
  const world = await openPassthrough();
  await world.putTargets(await openRawTarget((socket) => socket.write("open")));
  const socket = await openPlain(world.port);
  socket.write(hello);
  await expect.poll(() => socket.said()).toBe("open");

  await world.plane.close(15_000);
  expect(await socket.isOver).toBe("ECONNRESET");
  expect((await world.records(1))[0]?.failureReason).toBe("-");
});

it("refuses when the store is away and nothing is known of the name", async () => {
  let isAway = false;
  const world = await openPassthrough({
    wrapStore: (store) => ({
      ...store,
      watch: (listener) => store.watch(listener),
      get: (key, signal) => (isAway ? Promise.reject(new Error("away")) : store.get(key, signal)),
      list: (owner, options) => (isAway ? Promise.reject(new Error("away")) : store.list(owner, options)),
    }),
  });
  await world.putTargets(await openTlsTarget(pem, (socket) => socket.end("passed")));
  isAway = true;
  expect(await open(world.port)).toMatch(/INTERNAL_ERROR/);
  isAway = false;
  expect(await talk(await open(world.port), "")).toBe("passed");
});
