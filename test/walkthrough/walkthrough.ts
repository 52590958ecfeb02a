import { strict as assert } from "node:assert";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutAuthPolicyCommand, UpdateListenerCommand, VPCLatticeClient } from "@aws-sdk/client-vpc-lattice";
import { awsCliCommand, type DemoSetup, demoInstanceId, demoVpcIds, setUpDemo, startInstanceApp } from "@pergola/cli";
import aws4 from "aws4";
import { type PergolaProcess, startPergola } from "../harness/pergola.ts";
import { entriesWithin, type LogEntry, readBucket, readLogGroup } from "./access-log-files.ts";
import { type Answer, createServiceClient, type ServiceClient } from "./service-client.ts";

const account = "123456789012";
const region = "us-west-2";
/** Loopback has room for many VPCs: the source address says which one a client is in. */
const addressIn = { first: "127.0.1.10", second: "127.0.2.10", unassociated: "127.0.3.10" } as const;
const identity = {
  accessKeyId: "AKIAWALKTHROUGH00001",
  secretAccessKey: "walkthrough/secret/access/key/0000000000",
  principal: `arn:aws:iam::${account}:user/reader`,
};
const calls = 600;

/** Where the walkthrough tells what it does. */
export type Say = (line: string) => void;

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
  const sent: Answer[] = [];
  const call = async (path: string, headers?: Readonly<Record<string, string>>): Promise<Answer> => {
    const answer = await second.call(path, headers);
    sent.push(answer);
    return answer;
  };
  try {
    say(`  calling https://${setup.domainName}/ from ${demoVpcIds[1]}`);
    await splitsByWeight(call, say);
    await routesByPath(call, say);
    await logsEveryCall(pergola, sent, say);
    await turnsStrangersAway(stranger, say);
    await turnsAnonymousAway(client, setup, call, say);
    await followsNewWeights(client, setup, call, say);
    await logsEveryCall(pergola, sent, say);
  } finally {
    second.close();
    stranger.close();
  }
}

type Call = (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;

async function splitsByWeight(call: Call, say: Say): Promise<void> {
  const answers = await Promise.all(Array.from({ length: calls }, () => call("/")));
  const bodies = answers.map(({ status, body }) => `${status} ${body}`);
  const instance = bodies.filter((body) => body === "200 Hello from the instance").length;
  const lambda = bodies.filter((body) => body === '200 "Hello from the function"').length;
  assert.equal(
    instance + lambda,
    calls,
    `unexpected answer: ${bodies.find((body) => !/^200 "?Hello from the/.test(body))}`,
  );
  const expected = (calls * 20) / 30;
  const deviation = Math.sqrt((calls * 20 * 10) / 30 ** 2);
  assert.ok(
    Math.abs(instance - expected) <= 4 * deviation,
    `${instance} of ${calls} to the instance, ${expected} expected`,
  );
  say(`✓ ${calls} calls by weight 20 : 10: ${instance} to the instance, ${lambda} to the function`);
}

async function routesByPath(call: Call, say: Say): Promise<void> {
  const toInstance = await call("/to-instance");
  const toFunction = await call("/to-function");
  assert.equal(toInstance.body, "Hello from the instance, you asked for /to-instance");
  assert.equal(toFunction.body, '"Hello from the function"');
  say("✓ rule 10 sends /to-instance to the instance, rule 20 sends /to-function to the function");
}

async function logsEveryCall({ dataDir }: PergolaProcess, sent: readonly Answer[], say: Say): Promise<void> {
  const ids = sent.map(({ headers }) => String(headers["x-amzn-requestid"])).sort();
  const places = [
    ["the log group", () => readLogGroup(dataDir, "pergola/my-service")],
    ["the bucket", () => readBucket(dataDir, "my-network-logs")],
  ] as const;
  for (const [place, read] of places) {
    const own = (): LogEntry[] => read().filter(({ sourceVpcId }) => sourceVpcId === demoVpcIds[1]);
    const entries = await entriesWithin(own, sent.length);
    assert.deepEqual(
      entries.map(({ requestId }) => requestId).sort(),
      ids,
      `${place} does not hold one entry for each call`,
    );
    say(`✓ ${place} holds one entry for each of the ${sent.length} calls`);
  }
}

async function turnsStrangersAway(stranger: ServiceClient, say: Say): Promise<void> {
  const { status } = await stranger.call("/");
  assert.equal(status, 404);
  say("✓ a client in a VPC that is not associated is turned away with 404");
}

async function turnsAnonymousAway(client: VPCLatticeClient, setup: DemoSetup, call: Call, say: Say): Promise<void> {
  const policy = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: "*",
        Action: "vpc-lattice-svcs:Invoke",
        Resource: "*",
        Condition: { StringNotEqualsIgnoreCase: { "aws:PrincipalType": "anonymous" } },
      },
    ],
  };
  const input = { resourceIdentifier: setup.serviceId, policy: JSON.stringify(policy) };
  await client.send(new PutAuthPolicyCommand(input));
  say(`✓ the policy now asks for authentication\n    ${awsCliCommand("PutAuthPolicy", input)}`);
  const denied = await call("/to-instance");
  assert.equal(denied.status, 403);
  assert.match(
    denied.body,
    /^AccessDeniedException: User: anonymous is not authorized to perform: vpc-lattice-svcs:Invoke/,
  );
  say(`✓ an anonymous call gets 403\n    ${denied.body.trim()}`);
  const signed = await call("/to-instance", signedHeaders(setup.domainName, "/to-instance", identity.secretAccessKey));
  assert.equal(signed.status, 200, signed.body);
  const forged = await call("/to-instance", signedHeaders(setup.domainName, "/to-instance", "another secret"));
  assert.equal(forged.status, 403);
  say("✓ a call signed with SigV4 is let through, one signed with another secret is not");
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

async function followsNewWeights(client: VPCLatticeClient, setup: DemoSetup, call: Call, say: Say): Promise<void> {
  const input = {
    serviceIdentifier: setup.serviceId,
    listenerIdentifier: setup.listenerId,
    defaultAction: {
      forward: {
        targetGroups: [
          { targetGroupIdentifier: setup.instanceTargetGroupId, weight: 0 },
          { targetGroupIdentifier: setup.functionTargetGroupId, weight: 100 },
        ],
      },
    },
  };
  await client.send(new UpdateListenerCommand(input));
  say(`✓ the weights are now 0 : 100\n    ${awsCliCommand("UpdateListener", input)}`);
  const headers = () => signedHeaders(setup.domainName, "/", identity.secretAccessKey);
  const answers = await Promise.all(Array.from({ length: 50 }, () => call("/", headers())));
  const bodies = new Set(answers.map(({ status, body }) => `${status} ${body}`));
  assert.deepEqual([...bodies], ['200 "Hello from the function"']);
  say("✓ every call goes to the function, from the first after the change on");
}
