import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import {
  type ConfigStore,
  childAssociationId,
  type LogSubscriptionSnapshot,
  openMemoryStore,
  owners,
  type ResourceAccessRecord,
  type ResourceConfigurationDefinition,
  type ResourceEntry,
  type ResourceSnapshot,
  type SourceVpc,
  systemClock,
} from "@pergola/core";
import { expect, it, onTestFinished } from "vitest";
import { account, network, networkArn, networkId, pause, region, vpcId } from "../testing/world.ts";
import type { ResourceGatewayOptions } from "./ports.ts";
import { createResourceGateway, type ResourceGateway, type ResourcePort } from "./resource-gateway.ts";

const configurationId = "rcfg-0123456789abcdef0";
const associationId = "snra-0123456789abcdef0";
const arn = `arn:aws:vpc-lattice:${region}:${account}:resourceconfiguration/${configurationId}`;
const databaseArn = `arn:aws:rds:${region}:${account}:db:orders`;

const subscription = (id: string, resourceId: string): LogSubscriptionSnapshot => ({
  id,
  destinationKind: "s3",
  destinationArn: "arn:aws:s3:::logs",
  resourceId,
  account,
  region,
  logType: "RESOURCE",
});

interface World {
  readonly gateway: ResourceGateway;
  readonly store: ConfigStore;
  readonly records: { readonly record: ResourceAccessRecord; readonly destinations: readonly string[] }[];
  readonly warnings: string[];
  readonly asked: string[];
  put(resource: Partial<ResourceEntry>, more?: Partial<ResourceSnapshot>): Promise<void>;
  open(port: number, endpoint?: string): Promise<ResourcePort>;
}

interface Given {
  readonly options?: ResourceGatewayOptions;
  readonly vpcOf?: (address: string) => SourceVpc | "any" | undefined;
  readonly addresses?: readonly string[] | Error;
  readonly database?: { readonly host: string; readonly port: number };
  readonly isOwnAddress?: (address: string) => boolean;
  readonly wrapStore?: (store: ConfigStore) => ConfigStore;
}

async function openWorld(given: Given = {}): Promise<World> {
  const store = openMemoryStore();
  const records: World["records"] = [];
  const warnings: string[] = [];
  const asked: string[] = [];
  const note = (message: string): void => void warnings.push(message);
  const gateway = createResourceGateway(
    {
      store: given.wrapStore?.(store) ?? store,
      vpcs: { vpcOf: given.vpcOf ?? (() => "any") },
      resolver: {
        async addressesOf(name, family) {
          asked.push(`${name} ${family}`);
          if (given.addresses instanceof Error) throw given.addresses;
          return given.addresses ?? [];
        },
      },
      databases: { endpointOf: (asked) => (asked === databaseArn ? given.database : undefined) },
      records: {
        writeResource: (record, destinations) =>
          records.push({ record, destinations: destinations.map(({ id }) => id) }),
      },
      clock: systemClock,
      logger: { info: note, warn: note, error: note },
      isOwnAddress: given.isOwnAddress ?? (() => false),
    },
    given.options,
  );
  onTestFinished(() => gateway.close(100));
  const put = (owner: string, id: string, value: unknown): Promise<void> =>
    store.transact([{ kind: "put", key: { owner, id }, value, expect: "any" }]);
  const resourceLogSubscriptions = [subscription("als-network", networkId)];
  await put(owners.networkSnapshots, networkId, network({ resourceLogSubscriptions }));
  return {
    gateway,
    store,
    records,
    warnings,
    asked,
    put: (resource, more) => put(owners.resourceSnapshots, configurationId, snapshot(resource, more)),
    open: (port, endpoint = associationId) =>
      gateway.listen({ configurationId, associationId: endpoint }, port, { host: "127.0.0.1", port: 0 }),
  };
}

function snapshot(resource: Partial<ResourceEntry>, more: Partial<ResourceSnapshot> = {}): ResourceSnapshot {
  return {
    configurationId,
    account,
    region,
    gateway: { id: "rgw-0123456789abcdef0", vpcId: "vpc-0resource" },
    associations: [{ associationId, networkId, account }],
    resources: [entry(resource)],
    ...more,
  };
}

function entry(resource: Partial<ResourceEntry>): ResourceEntry {
  return {
    configurationId,
    arn,
    name: "orders",
    isChild: false,
    definition: { ipResource: { ipAddress: "127.0.0.1" } },
    portRanges: ["1-65535"],
    logSubscriptions: [subscription("als-own", configurationId)],
    ...resource,
  };
}

/** A resource that greets, and echoes. @returns its port */
async function openResource(answer?: (socket: Socket) => void, host = "127.0.0.1"): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    if (answer !== undefined) answer(socket);
    else {
      socket.write("hello ");
      socket.pipe(socket);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** @returns what the other side says until it ends, or the code of the error */
function talk({ address }: ResourcePort, text: string, localAddress?: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: address.address, port: address.port, ...(localAddress && { localAddress }) });
    let said = "";
    socket.on("data", (chunk) => {
      said += chunk;
    });
    socket.on("error", (error: Error & { code?: string }) => resolve(error.code ?? error.message));
    socket.on("close", () => resolve(said));
    socket.end(text);
  });
}

it("carries a connection to an address, and records it where the configuration and the network are logged", async () => {
  const world = await openWorld();
  const port = await openResource();
  await world.put({ portRanges: [`${port}`] });
  const before = Date.now();
  const open = await world.open(port);

  expect(await talk(open, "world")).toBe("hello world");
  const [{ record, destinations } = { record: undefined, destinations: [] }] = world.records;
  expect(destinations).toEqual(["als-own", "als-network"]);
  expect(record).toEqual({
    eventTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    serviceNetworkArn: networkArn,
    serviceNetworkResourceAssociationId: associationId,
    vpcEndpointId: "-",
    sourceVpcArn: `arn:aws:ec2:${region}:${account}:vpc/${vpcId}`,
    resourceConfigurationArn: arn,
    protocol: "tcp",
    sourceIpPort: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    destinationIpPort: `127.0.0.1:${open.address.port}`,
    gatewayIpPort: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    resourceIpPort: `127.0.0.1:${port}`,
  });
  expect(Date.parse(record?.eventTimestamp ?? "")).toBeGreaterThanOrEqual(before);
  await expect
    .poll(() => world.gateway.metrics())
    .toEqual({ connections: 1, active: 0, refused: 0, failed: 0, bytesFromClients: 5, bytesFromResources: 11 });
});

it("looks up a resource that is named by a domain name, and goes round its addresses", async () => {
  const world = await openWorld({ addresses: ["127.0.0.2", "127.0.0.3"] });
  const port = await openResource((socket) => socket.end(`at ${socket.localAddress}`), "0.0.0.0");
  await world.put({ definition: { dnsResource: { domainName: "db.internal", ipAddressType: "IPV4" } } });
  const open = await world.open(port);

  expect([await talk(open, ""), await talk(open, "")].sort()).toEqual(["at 127.0.0.2", "at 127.0.0.3"]);
  expect(world.asked).toEqual(["db.internal IPV4", "db.internal IPV4"]);
});

it("takes another address when one refuses the connection", async () => {
  const port = await openResource((socket) => socket.end("here"), "127.0.0.2");
  const world = await openWorld({ addresses: ["127.0.0.3", "127.0.0.2"] });
  await world.put({ definition: { dnsResource: { domainName: "db.internal", ipAddressType: "IPV4" } } });
  const open = await world.open(port);

  for (let i = 0; i < 4; i += 1) expect(await talk(open, "")).toBe("here");
  expect(world.records.every(({ record }) => record.resourceIpPort === `127.0.0.2:${port}`)).toBe(true);
});

const named: ResourceConfigurationDefinition = { dnsResource: { domainName: "db.internal", ipAddressType: "IPV6" } };
it.each<[string, Given, ResourceConfigurationDefinition]>([
  ["an address where nobody listens", {}, { ipResource: { ipAddress: "127.0.0.9" } }],
  ["a name without addresses", { addresses: [] }, named],
  ["a name that cannot be looked up", { addresses: new Error("SERVFAIL") }, named],
  ["a database that is not known", {}, { arnResource: { arn: databaseArn } }],
  [
    "an address that leads back here",
    { isOwnAddress: (one) => one === "127.0.0.1" },
    { ipResource: { ipAddress: "127.0.0.1" } },
  ],
  ["a range of addresses", {}, { cidrResource: { cidrRanges: ["127.0.0.0/8"] } }],
])("breaks off the connection to %s", async (_what, given, definition) => {
  const world = await openWorld(given);
  await world.put({ definition });
  const open = await world.open(await openResource());

  expect(await talk(open, "x")).toBe("ECONNRESET");
  expect(world.warnings).not.toEqual([]);
});

it("carries a connection to a database that is named by its ARN to where it is", async () => {
  const port = await openResource();
  const world = await openWorld({ database: { host: "127.0.0.1", port } });
  await world.put({ definition: { arnResource: { arn: databaseArn } }, portRanges: [] });

  expect(await talk(await world.open(port), "orders")).toBe("hello orders");
  expect(await talk(await world.open(port === 1 ? 2 : 1), "orders")).toBe("ECONNRESET");
});

it("carries a connection to a child of a group through the child's own association", async () => {
  const world = await openWorld();
  const port = await openResource();
  const childId = "rcfg-0aaaaaaaaaaaaaaaa";
  const other = entry({ configurationId: "rcfg-0bbbbbbbbbbbbbbbb", isChild: true, portRanges: ["1"] });
  const child = entry({ configurationId: childId, arn: `${arn}-child`, isChild: true, portRanges: [`${port}`] });
  await world.put({}, { resources: [other, child] });

  const own = childAssociationId(associationId, childId);
  expect(await talk(await world.open(port, own), "child")).toBe("hello child");
  expect(world.records[0]?.record).toMatchObject({
    serviceNetworkResourceAssociationId: own,
    resourceConfigurationArn: `${arn}-child`,
  });
  expect(await talk(await world.open(port), "group")).toBe("ECONNRESET");
});

it("lets nobody in whose VPC the network does not have, and records it", async () => {
  const vpcs = new Map([
    ["127.0.0.1", { vpcId, account }],
    ["127.0.0.2", { vpcId: "vpc-0222", account }],
  ]);
  const world = await openWorld({ vpcOf: (address) => vpcs.get(address) });
  const port = await openResource();
  await world.put({});
  const open = await world.open(port);

  expect(await talk(open, "in")).toBe("hello in");
  for (const address of ["127.0.0.2", "127.0.0.3"]) expect(await talk(open, "out", address)).toBe("ECONNRESET");
  expect(world.gateway.metrics()).toMatchObject({ refused: 2 });
  expect(world.records.map(({ record }) => [record.sourceVpcArn, record.gatewayIpPort, record.resourceIpPort])).toEqual(
    [
      [expect.stringContaining(vpcId), expect.stringContaining("127.0.0.1:"), `127.0.0.1:${port}`],
      ["-", "-", "-"],
      ["-", "-", "-"],
    ],
  );
});

it("goes by the configuration as it is when a client connects", async () => {
  const world = await openWorld();
  const port = await openResource();
  await world.put({});
  const open = await world.open(port);
  expect(await talk(open, "1")).toBe("hello 1");

  await world.put({ portRanges: [`${port === 1 ? 2 : 1}`] });
  expect(await talk(open, "2")).toBe("ECONNRESET");
  await world.put({});
  expect(await talk(open, "3")).toBe("hello 3");
  await world.put({}, { associations: [] });
  expect(await talk(open, "4")).toBe("ECONNRESET");
  await world.store.transact([
    { kind: "delete", key: { owner: owners.networkSnapshots, id: networkId }, expect: "any" },
  ]);
  await world.put({});
  expect(await talk(open, "5")).toBe("ECONNRESET");
});

it("passes the end of one direction on and leaves the other open", async () => {
  const world = await openWorld();
  const port = await openResource((socket) => {
    let heard = "";
    socket.on("data", (chunk) => {
      heard += chunk;
    });
    socket.on("end", () => setTimeout(() => socket.end(`heard ${heard}`), 50));
  });
  await world.put({});

  expect(await talk(await world.open(port), "all of it")).toBe("heard all of it");
});

it("breaks off a connection that nothing moves on, and not one that something does", async () => {
  const world = await openWorld({ options: { idleTimeout: 300 } });
  const port = await openResource();
  await world.put({});
  const open = await world.open(port);

  const silent = connect(open.address.port, "127.0.0.1");
  const busy = connect(open.address.port, "127.0.0.1");
  busy.on("data", () => undefined);
  const timer = setInterval(() => busy.write("x"), 50);
  const started = Date.now();
  const error = await new Promise<Error & { code?: string }>((resolve) => {
    silent.on("data", () => undefined);
    silent.on("error", resolve);
  });
  expect(error.code).toBe("ECONNRESET");
  expect(Date.now() - started).toBeGreaterThan(250);
  await pause(500);
  expect(busy.readyState).toBe("open");
  clearInterval(timer);
  busy.destroy();
});

it("takes no more connections than it may", async () => {
  const world = await openWorld({ options: { maxConnections: 2 } });
  const port = await openResource();
  await world.put({});
  const [first, second] = [await world.open(port), await world.open(port)];

  const held = [connect(first.address.port, "127.0.0.1"), connect(second.address.port, "127.0.0.1")];
  await Promise.all(held.map((socket) => new Promise((resolve) => socket.once("data", resolve))));
  expect(await talk(first, "third")).toBe("ECONNRESET");
  held[0]?.destroy();
  await expect.poll(() => world.gateway.metrics().active).toBe(1);
  expect(await talk(second, "third")).toBe("hello third");
  held[1]?.destroy();
});

it("serves what it knows while the store is away, and lets nobody in without knowing", async () => {
  let isAway = false;
  const world = await openWorld({
    wrapStore: (store) => ({
      ...store,
      watch: (listener) => store.watch(listener),
      get: (key, signal) => (isAway ? Promise.reject(new Error("away")) : store.get(key, signal)),
    }),
  });
  const port = await openResource();
  await world.put({});
  const open = await world.open(port);
  isAway = true;
  expect(await talk(open, "x")).toBe("ECONNRESET");
  isAway = false;
  expect(await talk(open, "x")).toBe("hello x");
  isAway = true;
  expect(await talk(open, "x")).toBe("hello x");
});

it("lets go of connections that nothing moves on when a port closes, and cuts the rest at its deadline", async () => {
  const world = await openWorld();
  const port = await openResource((socket) => {
    const timer = setInterval(() => socket.write("x"), 50);
    socket.on("close", () => clearInterval(timer));
    socket.once("data", () => clearInterval(timer));
  });
  await world.put({});
  const open = await world.open(port);
  const [idle, busy] = [connect(open.address.port, "127.0.0.1"), connect(open.address.port, "127.0.0.1")];
  for (const socket of [idle, busy]) {
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("data", resolve));
  }
  idle.write("silence");

  const closed = open.close();
  await new Promise((resolve) => idle.once("close", resolve));
  expect(busy.readyState).toBe("open");
  expect(await talk(open, "late")).toBe("ECONNREFUSED");
  await world.gateway.close(100);
  await closed;
  await expect.poll(() => world.gateway.metrics().active).toBe(0);
});
