import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { loadSettings, type RunningServer, startServer } from "@pergola/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startDnsServer } from "../harness/dns-server.ts";
import { failureOf, newListener, newService } from "../harness/lattice-resources.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "pergola-config-"));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

const silent = { info: () => {}, warn: () => {}, error: () => {} };

async function withServer<T>(
  flags: Record<string, string>,
  use: (client: VPCLattice, server: RunningServer) => Promise<T>,
): Promise<T> {
  const ports = { apiPort: "0", httpPort: "0", httpsPort: "0" };
  const server = await startServer(loadSettings({}, { ...ports, ...flags }, dir), silent);
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new VPCLattice({ endpoint: server.apiUrl, region: "us-west-2", credentials, maxAttempts: 1 });
  try {
    return await use(client, server);
  } finally {
    client.destroy();
    await server.close(0);
  }
}

it("pergola.json changes quotas and names VPC endpoints", async () => {
  const file = join(dir, "pergola.json");
  const network = await withServer({}, async (client) => {
    const { id } = await newService(client);
    for (const port of [1, 2]) await newListener(client, id, { port });
    expect((await failureOf(newListener(client, id, { port: 3 }))).name).toBe("ServiceQuotaExceededException");
    return client.createServiceNetwork({ name: "shop" });
  });
  const endpoint = { id: "vpce-0123456789abcdef0", vpcId: "vpc-0123456789abcdef0", serviceNetwork: network.arn };
  await writeFile(file, JSON.stringify({ quotas: { "L-D64E952E": 3 }, vpcEndpoints: [endpoint] }));

  await withServer({ config: file }, async (client) => {
    const { id } = await newService(client);
    for (const port of [1, 2, 3]) await newListener(client, id, { port });
    const failure = await failureOf(newListener(client, id, { port: 4 }));
    const { items } = await client.listServiceNetworkVpcEndpointAssociations({ serviceNetworkIdentifier: network.id });

    expect(failure).toMatchObject({ name: "ServiceQuotaExceededException", quotaCode: "L-D64E952E" });
    expect(items).toMatchObject([
      { vpcEndpointId: endpoint.id, vpcId: endpoint.vpcId, vpcEndpointOwnerId: "123456789012", state: "ACTIVE" },
    ]);
  });
});

it("a domain is verified at the DNS server that is set, also when its record came while Pergola was down", async () => {
  await using dns = await startDnsServer();
  const flags = { dnsServer: dns.address };
  const { id, txtMethodConfig } = await withServer(flags, (client) =>
    client.startDomainVerification({ domainName: "example.com" }),
  );
  dns.records.set(`${txtMethodConfig?.name}.example.com`, [[txtMethodConfig?.value ?? ""]]);

  await withServer(flags, async (client) => {
    const status = async () => (await client.getDomainVerification({ domainVerificationIdentifier: id })).status;
    for (let tries = 0; tries < 200 && (await status()) !== "VERIFIED"; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }

    expect(await status()).toBe("VERIFIED");
  });
});
