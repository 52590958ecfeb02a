import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PergolaProcess, startPergola } from "../harness/pergola.ts";
import type { ClientSettings } from "./api-client.ts";
import { createJsClient } from "./js-client.ts";

export const account = "123456789012";
export const otherAccount = "999900001111";
const region = "us-west-2";

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

const instances = { "i-0123456789abcdef0": "127.0.0.1" };

export interface WorldOptions {
  /** How many VPC endpoints lead to a network, and how many to a resource configuration; each run may delete one's association. */
  readonly endpoints?: number;
  /** How long a create shows as in progress, in milliseconds; the default is long enough for a client to see it. */
  readonly settleMs?: number;
}

/** Starts Pergola on fresh data. */
export async function openWorld({ endpoints = 0, settleMs = 150 }: WorldOptions = {}): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), "pergola-clients-"));
  const configFile = join(directory, "pergola.json");
  const configure = (more: object): Promise<void> =>
    writeFile(configFile, JSON.stringify({ identities, instances, ...more }), { mode: 0o600 });
  const env = { PERGOLA_CONFIG: configFile, PERGOLA_SETTLE_MS: String(settleMs) };
  const start = (): Promise<PergolaProcess> => startPergola({ dataDir: join(directory, "data"), env });

  await configure({});
  let pergola = await start();
  const settings = (): ClientSettings => ({ endpoint: pergola.apiUrl, region, callers });
  const ends = new Map<string, string>();
  if (endpoints > 0) {
    const { network, configuration } = await endpointEnds(settings(), settleMs);
    ends.set("ends.network", network).set("ends.configuration", configuration);
    // The file names what its endpoints lead to by id, so there has to be a Pergola before it.
    await pergola.stop();
    await configure({ vpcEndpoints: endpointsTo(network, configuration, endpoints) });
    pergola = await start();
  }
  return {
    settings: settings(),
    variables: () =>
      new Map([
        ["run", `0${randomBytes(4).toString("hex").slice(1)}`],
        ["account", account],
        ["otherAccount", otherAccount],
        ...ends,
      ]),
    async [Symbol.asyncDispose]() {
      await pergola.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const vpcId = "vpc-0123456789abcdef0";

function endpointsTo(serviceNetwork: string, resourceConfiguration: string, count: number): object[] {
  return Array.from({ length: count }, (_, i) => [
    { id: `vpce-0${String(i).padStart(16, "a")}`, vpcId, serviceNetwork },
    { id: `vpce-0${String(i).padStart(16, "b")}`, vpcId, resourceConfiguration },
  ]).flat();
}

/** Makes the network and the resource configuration that endpoints lead to. @returns their ids */
async function endpointEnds(
  settings: ClientSettings,
  settleMs: number,
): Promise<{ network: string; configuration: string }> {
  await using client = createJsClient(settings);
  const create = async (operation: string, input: object): Promise<string> => {
    const { output, failure } = await client.call({ operation, input: { name: "reached", ...input } });
    if (failure !== undefined) throw new Error(`${operation}: ${failure.message}`);
    return String(output.id);
  };
  const network = await create("CreateServiceNetwork", {});
  const subnetIds = ["subnet-0123456789abcdef0"];
  const resourceGatewayIdentifier = await create("CreateResourceGateway", { vpcIdentifier: vpcId, subnetIds });
  // The gateway has to settle before anything can use it.
  await new Promise((done) => setTimeout(done, 2 * settleMs));
  const configuration = await create("CreateResourceConfiguration", {
    type: "SINGLE",
    resourceGatewayIdentifier,
    resourceConfigurationDefinition: { ipResource: { ipAddress: "10.0.0.5" } },
    portRanges: ["443"],
  });
  return { network, configuration };
}
