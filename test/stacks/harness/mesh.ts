import { CreateLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { onTestFinished } from "vitest";
import { createBucket, createDeliveryStream, runInstance } from "../../aws-walkthrough/aws-resources.ts";
import { directFunctionUrl, serveFunction } from "../../aws-walkthrough/http-fronts.ts";
import { assumeRole, presignIdentity, type RoleCredentials, startMotoSts } from "../../exchange/moto-sts.ts";
import { type RunningEntry, startEntry } from "../../lambda/run-entry.ts";
import { readUrlResponse } from "../../lambda/url-response.ts";
import { account, region } from "./account.ts";
import { type AwsClients, openAwsClients } from "./aws-clients.ts";
import { builtFunction } from "./built-function.ts";
import { deployment } from "./deployment.ts";
import { exchangeEvent, urlAnswerOf } from "./invocations.ts";
import { provision } from "./provision.ts";

/** What the settings "everything" deploy, with moto as AWS. Functions are the bundles that SST built, each in a process of its own. */
export interface Mesh extends AsyncDisposable {
  /** Straight to moto. */
  readonly clients: AwsClients;
  /** Base URL of the API: the control plane behind its function URL. */
  readonly apiUrl: string;
  /** The session of the deployment's administrator, who is the only one to use the API. */
  readonly administrator: RoleCredentials;
  /** AWS's own client of the API, signing as the administrator; one try for each request. */
  readonly api: VPCLattice;
  /** An instance at 127.0.0.1. */
  readonly instanceId: string;
  readonly recordQueueUrl: string;
  /** Starts a function with the variables that the stack gives it. Ends with the test. */
  start(component: string, options?: StartOptions): Promise<RunningEntry>;
  /** @returns a proof for the exchange of this deployment: what a role of an account has signed */
  proofOf(roleName: string, account?: string): Promise<string>;
  /** @returns the session that the exchange gives to a role */
  sessionOf(roleName: string): Promise<RoleCredentials>;
}

export interface StartOptions {
  /** In place of what SST built, with the same variables. */
  readonly bundle?: string;
  /** In place of the stack's variables, or beside them. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The log destinations of the settings; the Firehose stream has a bucket of its own. */
export const destinations = {
  logGroup: "/mesh/access",
  bucket: "mesh-access",
  stream: "mesh-access",
  streamBucket: "mesh-access-stream",
} as const;

const everything = deployment("everything");
const { variables: exchangeVariables } = builtFunction(everything, "CredentialExchange");

/**
 * Makes in moto what the deployment has in AWS, and starts exchange and control plane.
 * @param endpoint what functions are told AWS is: moto, or what stands before it
 */
export async function openMesh(motoUrl: string, endpoint: string = motoUrl): Promise<Mesh> {
  const clients = openAwsClients(motoUrl);
  const [asMade, instanceId] = await Promise.all([
    provision(everything.graph, clients, endpoint),
    runInstance(clients.ec2),
    makeDestinations(clients),
  ]);
  const sts = await startMotoSts(motoUrl);
  const fromStack = (component: string): Record<string, string> => {
    const { variables } = builtFunction(everything, component);
    const made = Object.entries(variables).map(([name, value]) => [name, asMade(value)] as const);
    return { ...Object.fromEntries(made), AWS_REGION: region, PERGOLA_AWS_ENDPOINT: endpoint };
  };
  const start = (component: string, { bundle, env = {} }: StartOptions = {}): Promise<RunningEntry> => {
    const atSts = component === "CredentialExchange" ? { PERGOLA_EXCHANGE_STS_ENDPOINTS: sts.origin } : {};
    const variables = { ...fromStack(component), ...atSts, ...env };
    return startEntry(bundle ?? builtFunction(everything, component).bundle, variables);
  };
  const proofOf = async (roleName: string, of: string = account): Promise<string> => {
    const credentials = await assumeRole(clients.sts, `arn:aws:iam::${of}:role/${roleName}`);
    const audience = exchangeVariables.PERGOLA_EXCHANGE_AUDIENCE ?? "";
    return presignIdentity(sts.origin, { credentials, region, audience, expiresIn: 300 });
  };
  const exchange = await start("CredentialExchange");
  const sessionOf = async (roleName: string): Promise<RoleCredentials> => {
    const { status, body } = await urlAnswerOf(exchange, exchangeEvent(await proofOf(roleName)));
    if (status !== 200) throw new Error(`the exchange answered ${status}: ${body}`);
    const { AccessKeyId, SecretAccessKey, SessionToken } = JSON.parse(body);
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  };
  const controlPlane = await start("ControlPlane");
  const front = await serveFunction(directFunctionUrl("203.0.113.9"), {
    invoke: (event) => readUrlResponse(controlPlane.invoke(event)),
  });
  const administrator = await sessionOf("ops");
  const api = new VPCLattice({ endpoint: front.url, region, credentials: administrator, maxAttempts: 1 });
  return {
    clients,
    apiUrl: front.url,
    administrator,
    api,
    instanceId,
    recordQueueUrl: fromStack("Router").PERGOLA_RECORD_QUEUE_URL ?? "",
    async start(component, options) {
      const entry = await start(component, options);
      onTestFinished(entry.stop);
      return entry;
    },
    proofOf,
    sessionOf,
    async [Symbol.asyncDispose]() {
      for (const entry of [exchange, controlPlane]) entry.stop();
      for (const client of [clients, api]) client.destroy();
      front.close();
      await sts[Symbol.asyncDispose]();
    },
  };
}

async function makeDestinations({ logs, s3, firehose }: AwsClients): Promise<void> {
  const { logGroup, bucket, stream, streamBucket } = destinations;
  await logs.send(new CreateLogGroupCommand({ logGroupName: logGroup }));
  for (const name of [bucket, streamBucket]) await createBucket(s3, name, region);
  await createDeliveryStream(firehose, { name: stream, bucket: streamBucket, account });
}
