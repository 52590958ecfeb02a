import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PergolaProcess, startPergola } from "../harness/pergola.ts";
import type { ApiCall, ApiClient, ClientSettings } from "./api-client.ts";
import { createJsClient } from "./js-client.ts";

const account = "123456789012";
const otherAccount = "999900001111";
const region = "us-west-2";

/** How long a create shows as in progress: long enough for a client to see it. */
const settleMs = 150;

/** A running Pergola with what the scenarios find there, and what a client has to know of it. */
export interface World extends AsyncDisposable {
  readonly settings: ClientSettings;
  /** @returns the variables of a run; every run has names of its own */
  variables(): Map<string, string>;
}

const secretAccessKey = "a/secret/of/the/scenarios/00000000000000";
const callers = {
  owner: { accessKeyId: "AKIASCENARIOOWNER000", secretAccessKey },
  other: { accessKeyId: "AKIASCENARIOOTHER000", secretAccessKey },
};
const identities = [
  { ...callers.owner, principal: `arn:aws:iam::${account}:user/owner` },
  { ...callers.other, principal: `arn:aws:iam::${otherAccount}:user/other` },
];

/**
 * Starts Pergola with a network and a resource configuration that VPC endpoints lead to. Endpoints are named in `pergola.json` by
 * the ids of what they lead to, so Pergola is started twice.
 * @param endpoints how many runs may each delete the association of one endpoint
 */
export async function openWorld(endpoints: number): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), "pergola-clients-"));
  const configFile = join(directory, "pergola.json");
  const configure = (more: object): Promise<void> =>
    writeFile(configFile, JSON.stringify({ identities, ...more }), { mode: 0o600 });
  const env = { PERGOLA_CONFIG: configFile, PERGOLA_SETTLE_MS: String(settleMs) };
  const start = (): Promise<PergolaProcess> => startPergola({ dataDir: join(directory, "data"), env });

  await configure({});
  const first = await start();
  const { network, configuration } = await endpointEnds({ endpoint: first.apiUrl, region, callers });
  await first.stop();
  const vpcId = "vpc-0123456789abcdef0";
  const vpcEndpoints = Array.from({ length: endpoints }, (_, i) => [
    { id: `vpce-0${String(i).padStart(16, "a")}`, vpcId, serviceNetwork: network },
    { id: `vpce-0${String(i).padStart(16, "b")}`, vpcId, resourceConfiguration: configuration },
  ]).flat();
  await configure({ vpcEndpoints });
  const pergola = await start();
  return {
    settings: { endpoint: pergola.apiUrl, region, callers },
    variables: () =>
      new Map([
        ["run", `0${randomBytes(4).toString("hex").slice(1)}`],
        ["account", account],
        ["otherAccount", otherAccount],
        ["ends.network", network],
        ["ends.configuration", configuration],
      ]),
    async [Symbol.asyncDispose]() {
      await pergola.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Makes the network and the resource configuration that endpoints lead to. @returns their ids */
async function endpointEnds(settings: ClientSettings): Promise<{ network: string; configuration: string }> {
  await using client = createJsClient(settings);
  const network = await create(client, { operation: "CreateServiceNetwork", input: { name: "reached" } });
  const gateway = await create(client, {
    operation: "CreateResourceGateway",
    input: { name: "reached", vpcIdentifier: "vpc-0123456789abcdef0", subnetIds: ["subnet-0123456789abcdef0"] },
  });
  const configuration = await createUsing(client, gateway);
  return { network, configuration };
}

/** The gateway has to settle first: a create says 409 until then. */
async function createUsing(client: ApiClient, resourceGatewayIdentifier: string): Promise<string> {
  await new Promise((done) => setTimeout(done, 2 * settleMs));
  return create(client, {
    operation: "CreateResourceConfiguration",
    input: {
      name: "reached",
      type: "SINGLE",
      resourceGatewayIdentifier,
      resourceConfigurationDefinition: { ipResource: { ipAddress: "10.0.0.5" } },
      portRanges: ["443"],
    },
  });
}

async function create(client: ApiClient, call: ApiCall): Promise<string> {
  const { output, failure } = await client.call(call);
  if (failure !== undefined) throw new Error(`${call.operation}: ${failure.message}`);
  return String(output.id);
}
