import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RAM } from "@aws-sdk/client-ram";
import { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { loadSettings, type RunningServer, startServer } from "@pergola/server";
import aws4 from "aws4";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newNetwork } from "../harness/lattice-networked-resources.ts";
import { failureOf, forwardTo, newListener, newService, newTargetGroup } from "../harness/lattice-resources.ts";
import { openPlainClient } from "../harness/plain-client.ts";
import { acceptShare, newShare, statusesOf } from "../harness/resource-shares.ts";

const region = "us-west-2";
const accounts = { owner: "111111111111", consumer: "222222222222", member: "333333333333" } as const;
type Who = keyof typeof accounts;
const secret = "a-secret-of-some-length";
const orgId = "o-a1b2c3d4e5";

let dir: string;
let server: RunningServer | undefined;
let program: Server;
let clients: { destroy(): void }[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "pergola-shares-"));
  clients = [];
  program = createServer((_, response) => response.end("from the consumer's program"));
  await new Promise<void>((done) => program.listen(0, "127.0.0.1", done));
  const identities = Object.entries(accounts).map(([who, account]) => ({
    accessKeyId: keyOf(who as Who),
    secretAccessKey: secret,
    principal: `arn:aws:iam::${account}:user/${who}`,
  }));
  const units = [{ id: "ou-ab12-11111111", accounts: [accounts.member] }];
  const organizations = [{ id: orgId, root: "r-ab12", accounts: [accounts.owner], units }];
  await writeFile(join(dir, "pergola.json"), JSON.stringify({ identities, organizations }), { mode: 0o600 });
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await server?.close(0);
  server = undefined;
  program.closeAllConnections();
  await new Promise<void>((done) => program.close(() => done()));
  await rm(dir, { recursive: true });
});

const keyOf = (who: Who): string => `AKIA${who.toUpperCase()}`;
const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** Clients of three accounts, whose signatures are verified. */
async function start(): Promise<{ running: RunningServer } & Record<Who, { lattice: VPCLattice; ram: RAM }>> {
  const flags = { apiPort: "0", httpPort: "0", httpsPort: "0", requireAuth: true };
  const running = await startServer(loadSettings({}, flags, dir), silent);
  server = running;
  const open = (who: Who) => {
    const credentials = { accessKeyId: keyOf(who), secretAccessKey: secret };
    const config = { endpoint: running.apiUrl, region, credentials, maxAttempts: 1 };
    const opened = { lattice: new VPCLattice(config), ram: new RAM(config) };
    clients.push(opened.lattice, opened.ram);
    return opened;
  };
  return { running, owner: open("owner"), consumer: open("consumer"), member: open("member") };
}

async function ask(host: string): Promise<string> {
  using client = openPlainClient(host, server?.httpPort ?? 0, 1);
  const { status, body } = await client.send({ path: "/" });
  return `${status} ${body}`;
}

describe("a network that is shared by a resource share", () => {
  it("carries requests to the service of the account that accepted, also after a restart and when it is shared no more", async () => {
    const first = await start();
    const network = await newNetwork(first.owner.lattice);
    await first.owner.lattice.createServiceNetworkVpcAssociation({
      serviceNetworkIdentifier: network.id,
      vpcIdentifier: "vpc-0123456789abcdef0",
    });
    const service = await newService(first.consumer.lattice);
    const group = await newTargetGroup(first.consumer.lattice, {
      config: {
        protocol: "HTTP",
        port: (program.address() as AddressInfo).port,
        vpcIdentifier: "vpc-0123456789abcdef0",
        healthCheck: { enabled: false },
      },
    });
    await first.consumer.lattice.registerTargets({ targetGroupIdentifier: group.id, targets: [{ id: "127.0.0.1" }] });
    await newListener(first.consumer.lattice, service.id, { defaultAction: forwardTo(group.id) });
    const join = (lattice: VPCLattice, serviceIdentifier: string) =>
      lattice.createServiceNetworkServiceAssociation({ serviceIdentifier, serviceNetworkIdentifier: network.arn });
    const { dnsEntry } = await first.consumer.lattice.getService({ serviceIdentifier: service.id });
    const host = dnsEntry?.domainName ?? "";

    const resourceShareArn = await newShare(first.owner.ram, {
      resourceArns: [network.arn],
      principals: [accounts.consumer],
    });
    const early = await failureOf(join(first.consumer.lattice, service.id));
    const unrouted = await ask(host);
    await acceptShare(first.consumer.ram, resourceShareArn);
    await join(first.consumer.lattice, service.id);
    const routed = await ask(host);

    expect(early.name).toBe("AccessDeniedException");
    expect(unrouted).toMatch(/^404 /);
    expect(routed).toBe("200 from the consumer's program");

    await first.running.close(0);
    const second = await start();
    expect(await statusesOf(second.owner.ram, resourceShareArn, "PRINCIPAL")).toEqual({
      [accounts.consumer]: "ASSOCIATED",
    });
    expect((await second.consumer.lattice.listServiceNetworks({})).items).toMatchObject([{ arn: network.arn }]);
    expect(await ask(host)).toBe("200 from the consumer's program");

    await second.owner.ram.deleteResourceShare({ resourceShareArn });
    expect(await ask(host)).toBe("200 from the consumer's program");
    expect((await second.consumer.lattice.listServiceNetworks({})).items).toEqual([]);
    const another = await newService(second.consumer.lattice);
    expect((await failureOf(join(second.consumer.lattice, another.id))).name).toBe("AccessDeniedException");
    const { items = [] } = await second.owner.lattice.listServiceNetworkServiceAssociations({
      serviceNetworkIdentifier: network.id,
    });
    expect(items).toMatchObject([{ serviceId: service.id, createdBy: accounts.consumer, status: "ACTIVE" }]);
  });
});

describe("organizations of pergola.json", () => {
  it("are shared with at once when that is enabled, for accounts in the unit that is named", async () => {
    const { owner, member, consumer } = await start();
    await owner.ram.enableSharingWithAwsOrganization({});
    const service = await newService(owner.lattice);
    const unit = `arn:aws:organizations::${accounts.owner}:ou/${orgId}/ou-ab12-11111111`;
    await newShare(owner.ram, { resourceArns: [service.arn], principals: [unit], allowExternalPrincipals: false });

    expect((await member.lattice.listServices({})).items).toMatchObject([{ arn: service.arn }]);
    expect((await consumer.lattice.listServices({})).items).toEqual([]);
  });
});

describe("a server that requires signatures", () => {
  it.each([
    ["ram", secret, 200],
    ["ram", "another-secret-of-some-length", 403],
    ["vpc-lattice", secret, 403],
  ])("answers a request of RAM signed for %s with %s: %i", async (service, secretAccessKey, expected) => {
    const { running } = await start();
    const { host } = new URL(running.apiUrl);
    const request = { host, method: "POST", path: "/listresourcetypes", body: "{}", service, region };
    const { headers } = aws4.sign(request, { accessKeyId: keyOf("owner"), secretAccessKey });

    const response = await fetch(`${running.apiUrl}/listresourcetypes`, {
      method: "POST",
      headers: headers as Record<string, string>,
      body: "{}",
    });
    const unsigned = await fetch(`${running.apiUrl}/listresourcetypes`, { method: "POST", body: "{}" });

    expect(response.status).toBe(expected);
    expect(unsigned.status).toBe(403);
  });
});
