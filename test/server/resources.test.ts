import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runPergola } from "../cli/run-pergola.ts";
import { type DnsServer, startDnsServer } from "../harness/dns-server.ts";
import {
  associateResource,
  newConfiguration,
  newGateway,
  newGroup,
  newNetwork,
} from "../harness/lattice-networked-resources.ts";
import { type PergolaProcess, startPergola } from "../harness/pergola.ts";

const account = "123456789012";
const region = "us-west-2";
const vpcId = "vpc-0aaa1111bbb2222cc";
const databaseArn = `arn:aws:rds:${region}:${account}:db:orders`;
const logGroup = `arn:aws:logs:${region}:${account}:log-group:resources`;

interface Endpoint {
  readonly associationId: string;
  readonly resourceConfigurationId: string;
  readonly domainName: string;
  readonly privateDomainName?: string;
  readonly address: string;
  readonly leadsTo: string;
  readonly ports: readonly { readonly port: number; readonly state: string; readonly error?: string }[];
  readonly note?: string;
}

/** Resources at three addresses and one port: each says where it was reached. */
const resources = Array.from({ length: 3 }, () =>
  createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end(`${socket.localAddress}`);
  }),
);

let directory: string;
let dns: DnsServer;
let pergola: PergolaProcess;
let client: VPCLattice;
let port = 0;
let network: string;
let gateway: string;

async function start(): Promise<void> {
  pergola = await startPergola({
    dataDir: join(directory, "data"),
    env: {
      PERGOLA_CONFIG: join(directory, "pergola.json"),
      PERGOLA_DNS_SERVER: dns.address,
      PERGOLA_RESOURCE_CIDR: "127.81.0.0/24",
    },
  });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  client = new VPCLattice({ endpoint: pergola.apiUrl, region, credentials, maxAttempts: 1 });
}

beforeAll(async () => {
  dns = await startDnsServer();
  for (const [i, resource] of resources.entries()) {
    await new Promise<void>((resolve) => resource.listen(port, `127.0.0.${5 + i}`, resolve));
    port = (resource.address() as AddressInfo).port;
  }
  directory = mkdtempSync(join(tmpdir(), "pergola-resources-"));
  const config = {
    vpcs: [
      { id: vpcId, cidrs: ["127.0.0.0/16"] },
      { id: "vpc-0bbb1111bbb2222cc", cidrs: ["127.1.0.0/16"] },
    ],
    databases: { [databaseArn]: `127.0.0.7:${port}` },
  };
  writeFileSync(join(directory, "pergola.json"), JSON.stringify(config));
  await start();
  gateway = (await newGateway(client)).id;
  network = (await newNetwork(client)).id;
  await client.createServiceNetworkVpcAssociation({ serviceNetworkIdentifier: network, vpcIdentifier: vpcId });
  await client.createAccessLogSubscription({
    resourceIdentifier: network,
    destinationArn: logGroup,
    serviceNetworkLogType: "RESOURCE",
  });
});
afterAll(async () => {
  client.destroy();
  await pergola.stop();
  await dns[Symbol.asyncDispose]();
  for (const resource of resources) resource.close();
  rmSync(directory, { recursive: true });
});

async function endpoints(): Promise<readonly Endpoint[]> {
  const answer = (await (await fetch(`${pergola.apiUrl}/pergola/resources`)).json()) as { resources: Endpoint[] };
  return answer.resources;
}

async function endpointOf(configurationId: string): Promise<Endpoint> {
  const found = (await endpoints()).find((one) => one.resourceConfigurationId === configurationId);
  if (found === undefined) throw new Error(`no endpoint of ${configurationId}`);
  return found;
}

/** @returns what the resource says, or the error's code */
function dial(host: string, at = port, localAddress = "127.0.0.1"): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: at, localAddress });
    let said = "";
    socket.on("data", (chunk) => {
      said += chunk;
    });
    socket.on("error", (error: Error & { code?: string }) => resolve(error.code ?? error.message));
    socket.on("close", () => resolve(said));
  });
}

it("carries connections to an address, a name, a child of a group and a database, each at an address of its own", async () => {
  dns.addresses.set("db.internal", ["127.0.0.6"]);
  const portRanges = [`${port}`];
  const byAddress = await newConfiguration(client, {
    resourceGatewayIdentifier: gateway,
    resourceConfigurationDefinition: { ipResource: { ipAddress: "127.0.0.5" } },
    portRanges,
    type: "SINGLE",
    allowAssociationToShareableServiceNetwork: true,
  });
  const { group, child } = await newGroup(client, gateway);
  const byName = await child({ portRanges });
  const database = await newConfiguration(client, {
    type: "ARN",
    resourceGatewayIdentifier: gateway,
    resourceConfigurationDefinition: { arnResource: { arn: databaseArn } },
    customDomainName: "orders.example.com",
    allowAssociationToShareableServiceNetwork: true,
  });
  const { id: association } = await associateResource(client, network, byAddress.id);
  for (const { id } of [group, database]) await associateResource(client, network, id);

  const at = await Promise.all([byAddress, byName, database].map(({ id }) => endpointOf(id)));
  expect(new Set(at.map(({ address }) => address)).size).toBe(3);
  expect(await Promise.all(at.map(({ address }) => dial(address)))).toEqual(["127.0.0.5", "127.0.0.6", "127.0.0.7"]);
  const shown = await client.getServiceNetworkResourceAssociation({
    serviceNetworkResourceAssociationIdentifier: association,
  });
  expect(at[0]).toMatchObject({
    associationId: association,
    domainName: shown.dnsEntry?.domainName,
    leadsTo: "127.0.0.5",
    ports: [{ port, state: "listening" }],
  });
  expect(at[2]).toMatchObject({ leadsTo: databaseArn, privateDomainName: "orders.example.com" });
  expect(dns.asked).toContain("db.internal");

  const lines = await logLines(3);
  expect(lines.map((line) => Object.keys(line))).toEqual(Array.from({ length: 3 }, () => fields));
  expect(lines.map(({ resourceIpPort }) => resourceIpPort).sort()).toEqual(
    [5, 6, 7].map((last) => `127.0.0.${last}:${port}`),
  );
});

const fields = [
  "eventTimestamp",
  "serviceNetworkArn",
  "serviceNetworkResourceAssociationId",
  "vpcEndpointId",
  "sourceVpcArn",
  "resourceConfigurationArn",
  "protocol",
  "sourceIpPort",
  "destinationIpPort",
  "gatewayIpPort",
  "resourceIpPort",
];

async function logLines(count: number): Promise<Record<string, string>[]> {
  let lines: Record<string, string>[] = [];
  const pattern = "logs/cloudwatch/resources/VpcLatticeResourceAccessLogs_*.log";
  await expect
    .poll(
      () => {
        const texts = globSync(join(pergola.dataDir, pattern)).map((file) => readFileSync(file, "utf8"));
        lines = texts.flatMap((text) => text.trim().split("\n")).map((line) => JSON.parse(line));
        return lines.length;
      },
      { timeout: 15_000, interval: 100 },
    )
    .toBe(count);
  return lines;
}

it("lets nobody in from a VPC that the network does not have", async () => {
  const [{ address } = { address: "" }] = await endpoints();
  expect(await dial(address, port, "127.1.0.1")).toBe("ECONNRESET");
  expect(await dial(address, port, "127.2.0.1")).toBe("ECONNRESET");
  expect(await dial(address)).toMatch(/^127\./);
});

it("opens and closes ports with the configuration, and says which it cannot open", async () => {
  const taken = createServer();
  const { id } = await newConfiguration(client, {
    resourceGatewayIdentifier: gateway,
    resourceConfigurationDefinition: { ipResource: { ipAddress: "127.0.0.5" } },
    portRanges: [`${port}`, "9471-9473"],
    type: "SINGLE",
    allowAssociationToShareableServiceNetwork: true,
  });
  const association = await associateResource(client, network, id);
  const { address } = await endpointOf(id);
  expect([await dial(address), await dial(address, 9_471), await dial(address, 9_474)]).toEqual([
    "127.0.0.5",
    "ECONNRESET",
    "ECONNREFUSED",
  ]);

  await new Promise<void>((resolve) => taken.listen(9_480, address, resolve));
  const portRanges = ["9480", "1-65535"];
  await client.updateResourceConfiguration({ resourceConfigurationIdentifier: id, portRanges });
  const wide = await endpointOf(id);
  expect(wide.note).toMatch(/^65279 more ports are not open/);
  expect(wide.ports).toHaveLength(256);
  expect(await dial(address, 5_432)).toBe("ECONNRESET");
  await client.updateResourceConfiguration({ resourceConfigurationIdentifier: id, portRanges: ["9480"] });
  expect((await endpointOf(id)).ports).toEqual([
    { port: 9_480, state: "failed", error: expect.stringContaining(`${address}:9480 is in use by another process`) },
  ]);
  await new Promise((resolve) => taken.close(resolve));

  await client.deleteServiceNetworkResourceAssociation({
    serviceNetworkResourceAssociationIdentifier: association.id,
  });
  expect((await endpoints()).some(({ resourceConfigurationId }) => resourceConfigurationId === id)).toBe(false);
  expect(await dial(address)).toBe("ECONNREFUSED");
});

it("refuses a resource that is at such an address itself", async () => {
  const { id } = await newConfiguration(client, {
    resourceGatewayIdentifier: gateway,
    resourceConfigurationDefinition: { ipResource: { ipAddress: "127.81.0.9" } },
    portRanges: [`${port}`],
    type: "SINGLE",
    allowAssociationToShareableServiceNetwork: true,
  });
  await associateResource(client, network, id);

  expect(await dial((await endpointOf(id)).address)).toBe("ECONNRESET");
});

it("lists where resources are, and prints lines for a hosts file", async () => {
  const env = { PERGOLA_API_URL: pergola.apiUrl };
  const [table, hosts] = await Promise.all([
    runPergola(["get", "resource-endpoints", "-o", "wide"], { env }),
    runPergola(["resource-hosts"], { env }),
  ]);

  const all = await endpoints();
  expect(table).toMatchObject({ code: 0, stderr: "" });
  expect(table.stdout.split("\n")[0]).toMatch(/^NAME +ADDRESS +PORTS +LEADS TO +STATE +ASSOCIATION +DNS NAME/);
  for (const { address, associationId } of all) {
    expect(table.stdout).toMatch(new RegExp(`${address} .*${port} .*listening .*${associationId}`));
  }
  expect(hosts.stdout.trim().split("\n").sort()).toEqual(
    all
      .map(({ address, domainName, privateDomainName }) =>
        [address, domainName, privateDomainName].filter((name) => name !== undefined).join(" "),
      )
      .sort(),
  );
});

it("reaches each resource at the same address after a restart", async () => {
  const before = await endpoints();
  client.destroy();
  await pergola.stop("SIGKILL");
  await start();

  expect(await endpoints()).toEqual(before);
  expect(await dial(before[0]?.address ?? "")).toMatch(/^127\.0\.0\./);
});
