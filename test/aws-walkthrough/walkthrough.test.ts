import { setTimeout as sleep } from "node:timers/promises";
import { CreateAccessLogSubscriptionCommand, VPCLatticeClient } from "@aws-sdk/client-vpc-lattice";
import { demoVpcIds, setUpDemo, startInstanceApp } from "@pergola/cli";
import { describe, expect, it, onTestFinished } from "vitest";
import { motoUrl, region } from "../aws/moto.ts";
import { useBundles } from "../lambda/scene.ts";
import { signedHeaders } from "../lambda/signed-headers.ts";
import { type Call, useService } from "../walkthrough/steps.ts";
import { account, type Deployment, openDeployment } from "./deployment.ts";
import { startEnvironments } from "./environments.ts";
import { createFrontClient } from "./front-client.ts";
import { helloFunction } from "./hello-function.ts";
import { functionUrl, loadBalancer, serveFunction } from "./http-fronts.ts";
import { readBucket, readLogGroup } from "./log-destinations.ts";
import { readerSession } from "./reader-session.ts";
import { type EventSource, openEventSource } from "./record-delivery.ts";
import { routerKinds } from "./router-kinds.ts";

const clientAddress = "10.2.0.10";
const strangersVpc = "vpc-0eee5555fff666600";
const callsAtOnce = 15;
const configurationTtlMs = 1_000;
const functionArn = `arn:aws:lambda:${region}:${account}:function:hello`;
const logGroup = "/pergola/my-service";
const logBucket = "my-network-logs";
const operator = {
  accessKeyId: "AKIAOPERATOR00000001",
  secretAccessKey: "operator/secret/access/key/0000000000000",
  userArn: `arn:aws:iam::${account}:user/operator`,
};

/** Of each router in the second VPC. */
const environments = 2;

const { dir } = useBundles("control-plane", ...routerKinds, "log-delivery");

describe.skipIf(motoUrl === undefined)("VPC Lattice's launch walkthrough on Lambda and DynamoDB", () => {
  it("goes as it does on one machine", async () => {
    const app = await startInstanceApp();
    onTestFinished(() => app.close());
    const deployment = await openDeployment({
      name: "walkthrough",
      motoUrl: motoUrl ?? "",
      functions: { [functionArn]: await helloFunction() },
      logGroup,
      logBucket,
    });
    const { clients, firehose, queueUrl, instanceId } = deployment;
    const client = await openApi(deployment);
    const target = { instanceId, instancePort: app.port, functionArn };
    const setup = await setUpDemo(client, { ...target, accountId: account, region });
    const toFirehose = { resourceIdentifier: setup.serviceId, destinationArn: firehose.arn };
    await client.send(new CreateAccessLogSubscriptionCommand(toFirehose));
    const second = await openRouters(deployment, demoVpcIds[1], environments);
    const stranger = await openRouters(deployment, strangersVpc, 1);
    const delivery = await startEnvironments(dir, "log-delivery", 1, deployment.env);
    const source = openEventSource(clients.sqs, queueUrl, delivery);
    const session = readerSession(deployment);

    const said: string[] = [];
    await useService({
      setup,
      client,
      call: paced(callInTurn(setup.domainName, second), source),
      stranger: callInTurn(setup.domainName, stranger),
      sign: (path, secretAccessKey = session.secretAccessKey) =>
        signedHeaders({ path, host: setup.domainName, ...session, secretAccessKey }),
      ways: routerKinds.length * environments,
      logs: {
        "the log group": () => readLogGroup(clients.logs, logGroup),
        "the bucket": () => readBucket(clients.s3, logBucket),
        "the bucket behind Firehose": () => readBucket(clients.s3, firehose.bucket),
      },
      // As docs/lambda.md promises: within twice the time for which configuration counts as fresh.
      inForce: () => sleep(2 * configurationTtlMs),
      say: (line) => said.push(line),
    });
    expect(said.at(-1)).toMatch(/the bucket behind Firehose holds one entry for each/);
    await source.close();
    expect(source.givenBack).toBe(0);
  });
});

/** The control plane behind a function URL with AWS_IAM. @returns AWS's own client for it */
async function openApi({ env }: Deployment): Promise<VPCLatticeClient> {
  const controlPlane = await startEnvironments(dir, "control-plane", 1, env);
  const { accessKeyId, secretAccessKey, userArn } = operator;
  const front = functionUrl(clientAddress, { [accessKeyId]: { accountId: account, userArn } });
  const { url: endpoint, close } = await serveFunction(front, controlPlane);
  onTestFinished(close);
  const client = new VPCLatticeClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  onTestFinished(() => client.destroy());
  return client;
}

/** The router of a VPC in its three forms. @returns their base URLs */
async function openRouters({ env }: Deployment, vpcId: string, count: number): Promise<string[]> {
  return Promise.all(
    routerKinds.map(async (kind) => {
      const isUrl = kind !== "router-alb";
      const router = await startEnvironments(dir, kind, count, {
        ...env,
        PERGOLA_SOURCE_VPC: `${vpcId}/${account}`,
        PERGOLA_TRUST_FORWARDED_HOST: isUrl ? "1" : "0",
        PERGOLA_CONFIGURATION_TTL_MS: String(configurationTtlMs),
      });
      const front = isUrl ? functionUrl(clientAddress) : loadBalancer(clientAddress);
      const { url, close } = await serveFunction(front, router);
      onTestFinished(close);
      return url;
    }),
  );
}

/** A client that comes through one front after the other. */
function callInTurn(domainName: string, urls: readonly string[]): Call {
  const front = createFrontClient(domainName);
  onTestFinished(() => front.close());
  let turn = 0;
  return (path, headers) => front.call(urls[turn++ % urls.length] as string, path, headers);
}

/** Has the records of some calls delivered before the next are made: moto copies its whole queue for each message that it gives. */
function paced(call: Call, source: EventSource): Call {
  let turn: Promise<unknown> = Promise.resolve();
  let made: Promise<unknown>[] = [];
  return (path, headers) => {
    if (made.length === callsAtOnce) {
      turn = Promise.allSettled(made).then(() => source.idle());
      made = [];
    }
    const answer = turn.then(() => call(path, headers));
    made.push(answer);
    return answer;
  };
}
