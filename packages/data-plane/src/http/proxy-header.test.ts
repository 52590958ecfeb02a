import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, createSecureContext } from "node:tls";
import { selfSigned } from "@pergola/core/testing/self-signed";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ipv4Block, proxyFrom, proxyHeader } from "../testing/proxy-headers.ts";
import {
  account,
  host,
  listener,
  openSocket,
  openTarget,
  openWorld,
  pause,
  sendRaw,
  serviceArn,
  statuses,
  vpcId,
  type World,
  type WorldOptions,
} from "../testing/world.ts";
import { readProxyHeader } from "./proxy-header.ts";

const tlv = (type: number, value: Buffer): Buffer => Buffer.concat([Buffer.from([type, 0, value.length]), value]);
const ipv6 = (hex: string, port: number): Buffer => {
  const block = Buffer.concat([Buffer.from(hex, "hex"), Buffer.alloc(16), Buffer.alloc(4)]);
  block.writeUInt16BE(port, 32);
  return block;
};

it.each<[string, Buffer, { address: string; port: number } | undefined]>([
  ["TCP over IPv4", proxyFrom("203.0.113.7", 40_000), { address: "203.0.113.7", port: 40_000 }],
  [
    "items behind the addresses, which are skipped",
    proxyHeader(
      0x21,
      0x11,
      Buffer.concat([ipv4Block("203.0.113.7", 1), tlv(0xea, Buffer.from("\x01vpce-08d2bf15fac5001c9"))]),
    ),
    { address: "203.0.113.7", port: 1 },
  ],
  [
    "TCP over IPv6",
    proxyHeader(0x21, 0x21, ipv6("20010db8000000000000000000000001", 65_535)),
    { address: "2001:db8::1", port: 65_535 },
  ],
  [
    "an IPv4 address in IPv6",
    proxyHeader(0x21, 0x21, ipv6("00000000000000000000ffffcb007107", 5)),
    { address: "::ffff:203.0.113.7", port: 5 },
  ],
  ["LOCAL, whatever its addresses are", proxyHeader(0x20, 0x11, ipv4Block("203.0.113.7", 1)), undefined],
  ["LOCAL without addresses", proxyHeader(0x20, 0x00, Buffer.alloc(0)), undefined],
  ["PROXY of an unknown family", proxyHeader(0x21, 0x00, Buffer.from("anything")), undefined],
])("reads %s", (_what, header, client) => {
  const bytes = Buffer.concat([header, Buffer.from("GET /")]);
  expect(readProxyHeader(bytes)).toEqual({ kind: "header", client, end: header.length });
  for (let length = 0; length < header.length; length += 1) {
    expect(readProxyHeader(header.subarray(0, length))).toEqual({ kind: "incomplete" });
  }
});

const good = proxyFrom("203.0.113.7");
const damaged = (at: number, byte: number): Buffer => {
  const copy = Buffer.from(good);
  copy[at] = byte;
  return copy;
};

it.each<[string, Buffer]>([
  ["version 1", Buffer.from("PROXY TCP4 203.0.113.7 192.0.2.1 50000 443\r\n")],
  ["a request", Buffer.from("GET / HTTP/1.1\r\n")],
  ["TLS", Buffer.from([22, 3, 1, 0, 5])],
  ["another signature", damaged(11, 0x0b)],
  ["version 1 in binary", damaged(12, 0x11)],
  ["version 3", damaged(12, 0x31)],
  ["another command", damaged(12, 0x22)],
  ["datagrams over IPv4", damaged(13, 0x12)],
  ["datagrams over IPv6", damaged(13, 0x22)],
  ["a local socket", proxyHeader(0x21, 0x31, Buffer.alloc(216))],
  ["a transport that there is not", damaged(13, 0x13)],
  ["too short a block for its addresses", proxyHeader(0x21, 0x21, ipv4Block("203.0.113.7", 1))],
  ["no addresses", proxyHeader(0x21, 0x11, Buffer.alloc(0))],
  ["more than any load balancer says", proxyHeader(0x21, 0x11, Buffer.alloc(4_097))],
])("takes no header that is %s", (_what, bytes) => {
  expect(readProxyHeader(bytes)).toEqual({ kind: "broken" });
});

it("reads each client that a header can name, and ends where the header says", () => {
  const port = fc.integer({ min: 0, max: 65_535 });
  const rest = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(fc.ipV4(), port, rest, rest, (address, from, items, behind) => {
      const header = proxyHeader(0x21, 0x11, Buffer.concat([ipv4Block(address, from), items]));
      const reading = readProxyHeader(Buffer.concat([header, behind]));
      expect(reading).toEqual({ kind: "header", client: { address, port: from }, end: header.length });
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), port, (address, from) => {
      const reading = readProxyHeader(proxyHeader(0x21, 0x21, ipv6(Buffer.from(address).toString("hex"), from)));
      expect(reading).toMatchObject({ kind: "header", client: { port: from } });
      if (reading.kind === "header") expect(() => new URL(`http://[${reading.client?.address}]/`)).not.toThrow();
    }),
  );
});

it("reads any bytes without an error, and never beyond them", () => {
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.uint8Array({ maxLength: 40 }), (at, byte, behind) => {
      const bytes = Buffer.concat([damaged(at, byte), behind]);
      const reading = readProxyHeader(bytes);
      if (reading.kind === "header") expect(reading.end).toBeLessThanOrEqual(bytes.length);
    }),
    { numRuns: 2_000 },
  );
});

const request = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

async function openProxied(given: WorldOptions = {}): Promise<World> {
  const world = await openWorld({
    ...given,
    options: { isProxy: (address) => address === "127.0.0.1", ...given.options },
  });
  await world.putTargets(await openTarget((req, res) => res.end(`${req.headers["x-forwarded-for"]}`)));
  return world;
}

/** @returns what comes back until the connection ends */
async function exchange(socket: Socket, ...pieces: (Buffer | string)[]): Promise<string> {
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk.toString("latin1");
  });
  socket.on("error", () => undefined);
  const isOver = new Promise((resolve) => socket.once("close", resolve));
  for (const piece of pieces) {
    socket.write(piece);
    await pause(5);
  }
  await isOver;
  return said;
}

it("takes the client from the header: for its VPC, policies, headers and records", async () => {
  const vpcs = new Map([["203.0.113.7", { vpcId, account }]]);
  const world = await openProxied({ vpcOf: (address) => vpcs.get(address) });
  const Condition = { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } };
  const Statement = [{ Effect: "Allow", Principal: "*", Action: "*", Resource: "*", Condition }];
  const authPolicy = JSON.stringify({ Version: "2012-10-17", Statement });
  await world.putService({ authType: "AWS_IAM", authPolicy });

  const reply = await exchange(
    await openSocket(world.port),
    Buffer.concat([proxyFrom("203.0.113.7", 4_711), Buffer.from(request)]),
  );
  expect(statuses(reply)).toEqual([200]);
  expect(reply).toMatch(/203\.0\.113\.7$/);
  expect(statuses(await exchange(await openSocket(world.port), proxyFrom("203.0.113.8"), request))).toEqual([404]);
  const [first, second] = await world.records(2);
  expect(first).toMatchObject({ sourceIpPort: "203.0.113.7:4711", sourceVpcId: vpcId, serviceArn });
  expect(second).toMatchObject({ sourceIpPort: "203.0.113.8:50000", sourceVpcId: "-" });
});

it("takes a header that comes byte by byte, and one alone", async () => {
  const world = await openProxied();
  const bytes = [...proxyFrom("203.0.113.7")].map((byte) => Buffer.from([byte]));

  expect(await exchange(await openSocket(world.port), ...bytes, request)).toMatch(/203\.0\.113\.7$/);
});

it("takes the proxy itself for the client after LOCAL", async () => {
  const world = await openProxied();
  const local = proxyHeader(0x20, 0x00, Buffer.alloc(0));

  expect(await exchange(await openSocket(world.port), local, request)).toMatch(/127\.0\.0\.1$/);
});

it.each<[string, Buffer | string]>([
  ["none", request],
  ["one of version 1", `PROXY TCP4 203.0.113.7 192.0.2.1 50000 443\r\n${request}`],
  ["a broken one", Buffer.concat([damaged(12, 0x31), Buffer.from(request)])],
  ["a second one", Buffer.concat([good, good, Buffer.from(request)])],
])("lets nobody in whose proxy sends %s where a header is due", async (_what, bytes) => {
  const world = await openProxied();
  expect(statuses(await exchange(await openSocket(world.port), bytes)).filter((status) => status !== 400)).toEqual([]);
  expect(world.recorded).toEqual([]);
  expect(world.plane.metrics().malformed).toBe(1);
});

it("cuts a proxy that is slow with its header", async () => {
  const world = await openProxied({ options: { headersTimeout: 200 } });
  expect(await exchange(await openSocket(world.port), good.subarray(0, 20))).toBe("");
});

it("takes a header for no request where none is due: without the setting, and from another address", async () => {
  const bytes = Buffer.concat([good, Buffer.from(request)]).toString("latin1");
  const plain = await openWorld();
  expect(statuses(await sendRaw(plain.port, bytes))).toEqual([400]);

  const world = await openProxied();
  const stranger = connectTcp({ port: world.port, host: "127.0.0.1", localAddress: "127.0.0.2" });
  expect(statuses(await exchange(stranger, Buffer.from(bytes, "latin1")))).toEqual([400]);
  const other = connectTcp({ port: world.port, host: "127.0.0.1", localAddress: "127.0.0.2" });
  expect(await exchange(other, request)).toMatch(/127\.0\.0\.2$/);
});

it("knows the client behind a proxy under TLS too, each on its own connection", async () => {
  const context = createSecureContext(await selfSigned());
  const world = await openProxied({ listenerPort: 443, contextFor: async () => context });
  await world.putService({ listeners: [listener(443, { protocol: "HTTPS" })] });
  const ask = async (address: string): Promise<string> => {
    const raw = await openSocket(world.port);
    raw.write(proxyFrom(address));
    return exchange(connectTls({ socket: raw, servername: host, rejectUnauthorized: false }), request);
  };

  const clients = Array.from({ length: 10 }, (_, i) => `203.0.113.${i}`);
  const replies = await Promise.all(clients.map(ask));
  expect(replies.map((reply) => reply.split("\r\n\r\n")[1])).toEqual(clients);
});
