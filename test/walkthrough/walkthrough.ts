import { strict as assert } from "node:assert";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VPCLatticeClient } from "@aws-sdk/client-vpc-lattice";
import { type DemoSetup, demoInstanceId, demoVpcIds, setUpDemo, startInstanceApp } from "@pergola/cli";
import aws4 from "aws4";
import { type PergolaProcess, startPergola } from "../harness/pergola.ts";
import { readBucket, readLogGroup } from "./access-log-files.ts";
import { createServiceClient, type ServiceClient } from "./service-client.ts";
import { type Say, useService } from "./steps.ts";

const account = "123456789012";
const region = "us-west-2";
/** Loopback has room for many VPCs: the source address says which one a client is in. */
const addressIn = { first: "127.0.1.10", second: "127.0.2.10", unassociated: "127.0.3.10" } as const;
const identity = {
  accessKeyId: "AKIAWALKTHROUGH00001",
  secretAccessKey: "walkthrough/secret/access/key/0000000000",
  principal: `arn:aws:iam::${account}:user/reader`,
};

/**
 * Amazon VPC Lattice's launch walkthrough on one machine: two backends of different compute types behind one service, by weight
 * and by path over HTTPS, IAM auth, VPC associations, access logs in two places; then what a reader would try next.
 * @throws AssertionError at the first thing that isn't so
 */
export async function walkThrough(say: Say): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "pergola-walkthrough-"));
  const app = await startInstanceApp();
  let pergola: PergolaProcess | undefined;
  try {
    pergola = await start(directory, say);
    const client = new VPCLatticeClient({
      endpoint: pergola.apiUrl,
      region,
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
    const setup = await setUpDemo(client, {
      instanceId: demoInstanceId,
      instancePort: app.port,
      functionArn: `arn:aws:lambda:${region}:${account}:function:hello`,
      accountId: account,
      region,
      onStep: ({ title, awsCli }) => say(`✓ ${title}\n    ${awsCli}`),
    });
    await useIt(pergola, setup, client, say);
    client.destroy();
  } finally {
    await app.close();
    const code = await pergola?.stop();
    rmSync(directory, { recursive: true, force: true });
    if (pergola !== undefined) assert.equal(code, 0, `pergola ended with ${code}:\n${pergola.output()}`);
  }
}

async function start(directory: string, say: Say): Promise<PergolaProcess> {
  const vpc = (id: string, cidr: string) => ({ id, account, cidrs: [cidr] });
  const config = {
    instances: { [demoInstanceId]: "127.0.0.1" },
    vpcs: [
      vpc(demoVpcIds[0], "127.0.1.0/24"),
      vpc(demoVpcIds[1], "127.0.2.0/24"),
      vpc("vpc-0eee5555fff666600", "127.0.3.0/24"),
    ],
    identities: [identity],
  };
  const configFile = join(directory, "pergola.json");
  writeFileSync(configFile, JSON.stringify(config), { mode: 0o600 });
  const pergola = await startPergola({
    dataDir: join(directory, "data"),
    env: { PERGOLA_CONFIG: configFile, PERGOLA_FUNCTIONS_DIR: "functions" },
  });
  say(`✓ pergola runs: API ${pergola.apiUrl}, listener port 443 at 127.0.0.1:${pergola.httpsPort}`);
  return pergola;
}

async function useIt(pergola: PergolaProcess, setup: DemoSetup, client: VPCLatticeClient, say: Say): Promise<void> {
  const ca = readFileSync(pergola.caFile, "utf8");
  const clientIn = (from: string): ServiceClient =>
    createServiceClient({ domainName: setup.domainName, port: pergola.httpsPort, ca, from });
  const second = clientIn(addressIn.second);
  const stranger = clientIn(addressIn.unassociated);
  try {
    await useService({
      setup,
      client,
      call: second.call,
      stranger: stranger.call,
      sign: (path, secretAccessKey = identity.secretAccessKey) =>
        signedHeaders(setup.domainName, path, secretAccessKey),
      ways: 1,
      logs: {
        "the log group": () => readLogGroup(pergola.dataDir, "pergola/my-service"),
        "the bucket": () => readBucket(pergola.dataDir, "my-network-logs"),
      },
      // A change is in force before the API answers.
      inForce: () => Promise.resolve(),
      say,
    });
  } finally {
    second.close();
    stranger.close();
  }
}

/** Signs with aws4, which shares no code with Pergola. */
function signedHeaders(host: string, path: string, secretAccessKey: string): Record<string, string> {
  const request = {
    host,
    path,
    service: "vpc-lattice-svcs",
    region,
    headers: { host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
  };
  const { headers } = aws4.sign(request, { accessKeyId: identity.accessKeyId, secretAccessKey });
  return headers as Record<string, string>;
}
