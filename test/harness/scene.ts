import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CreateTargetGroupCommandInput, VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { type Created, newTargetGroup } from "./lattice-resources.ts";
import { type PergolaProcess, startPergola } from "./pergola.ts";

/** The EC2 instance of the scene: its address is 127.0.0.1. */
const instanceId = "i-0123456789abcdef0";

/** The VPC that every client of 127.0.0.0/8 is in. */
export const sceneVpcId = "vpc-0aaa1111bbb2222cc";
export const sceneAccount = "123456789012";
export const sceneRegion = "us-west-2";

/** The IAM user that the scene's Pergola knows. */
export const sceneUser = {
  accessKeyId: "AKIAENDTOEND00000001",
  secretAccessKey: "end-to-end/secret/access/key/00000000000",
  principal: `arn:aws:iam::${sceneAccount}:user/reader`,
};

/** A program on the scene's instance. */
export interface InstanceProgram {
  readonly port: number;
}

/** A directory with all that a Pergola needs around it, and Pergola processes that run on it, one after the other. */
export interface Scene extends AsyncDisposable {
  readonly dataDir: string;
  /** The process at hand. */
  readonly pergola: PergolaProcess;
  /** The process at hand's API, without retries. */
  readonly client: VPCLattice;
  /** Starts another process on the same data, after `pergola.stop` of the one before. */
  restart(): Promise<void>;
  startProgram(listener: RequestListener): Promise<InstanceProgram>;
  /** @returns a target group with one program of the instance */
  groupOf(program: InstanceProgram, config?: Partial<CreateTargetGroupCommandInput["config"]>): Promise<Created>;
  /** @returns a target group with one of the scene's functions, which gets events of version 2.0 */
  groupOfFunction(name: string): Promise<Created>;
}

/**
 * @param functions source text by function name
 * @param settings of Pergola, as environment variables
 */
export async function openScene(
  functions: Readonly<Record<string, string>> = {},
  settings: Readonly<Record<string, string>> = {},
): Promise<Scene> {
  const directory = mkdtempSync(join(tmpdir(), "pergola-scene-"));
  const functionsDir = join(directory, "functions");
  const configFile = join(directory, "pergola.json");
  const dataDir = join(directory, "data");
  mkdirSync(functionsDir);
  for (const [name, source] of Object.entries(functions)) writeFileSync(join(functionsDir, `${name}.mjs`), source);
  const vpcs = [{ id: sceneVpcId, account: sceneAccount, cidrs: ["127.0.0.0/8"] }];
  const config = { instances: { [instanceId]: "127.0.0.1" }, vpcs, identities: [sceneUser] };
  writeFileSync(configFile, JSON.stringify(config), { mode: 0o600 });
  const env = { PERGOLA_CONFIG: configFile, PERGOLA_FUNCTIONS_DIR: functionsDir, ...settings };
  const start = (): Promise<PergolaProcess> => startPergola({ dataDir, env });
  const closers: (() => Promise<void> | void)[] = [];

  let pergola = await start();
  let client = clientOf(pergola);
  const group = async (input: Partial<CreateTargetGroupCommandInput>, target: { id: string; port?: number }) => {
    const created = await newTargetGroup(client, input);
    await registerTarget(client, created.id, target);
    return created;
  };
  return {
    dataDir,
    get pergola() {
      return pergola;
    },
    get client() {
      return client;
    },
    async restart() {
      client.destroy();
      pergola = await start();
      client = clientOf(pergola);
    },
    async startProgram(listener) {
      const { port, close } = await serve(listener);
      closers.push(close);
      return { port };
    },
    groupOf: ({ port }, more = {}) =>
      group(
        { type: "INSTANCE", config: { protocol: "HTTP", port: 80, vpcIdentifier: sceneVpcId, ...more } },
        { id: instanceId, port },
      ),
    groupOfFunction: (name) =>
      group(
        { type: "LAMBDA", config: { lambdaEventStructureVersion: "V2" } },
        { id: `arn:aws:lambda:${sceneRegion}:${sceneAccount}:function:${name}` },
      ),
    async [Symbol.asyncDispose]() {
      client.destroy();
      await pergola.stop();
      for (const close of closers) await close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Registers a program of the scene's instance, or whatever `target` names. @throws Error when the API refuses it */
export async function registerTarget(
  client: VPCLattice,
  targetGroupIdentifier: string,
  { id = instanceId, port }: { readonly id?: string; readonly port?: number },
): Promise<void> {
  const target = port === undefined ? { id } : { id, port };
  const { unsuccessful = [] } = await client.registerTargets({ targetGroupIdentifier, targets: [target] });
  const [refused] = unsuccessful;
  if (refused !== undefined) throw new Error(`target ${id} was refused: ${refused.failureMessage}`);
}

/** Takes a program of the scene's instance out of a group. @throws Error when the API refuses it */
export async function deregisterProgram(client: VPCLattice, targetGroupIdentifier: string, port: number) {
  const targets = [{ id: instanceId, port }];
  const { unsuccessful = [] } = await client.deregisterTargets({ targetGroupIdentifier, targets });
  const [refused] = unsuccessful;
  if (refused !== undefined) throw new Error(`program ${port} was not deregistered: ${refused.failureMessage}`);
}

/** @returns a client of a process's API, without retries */
export function clientOf({ apiUrl }: PergolaProcess): VPCLattice {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  return new VPCLattice({ endpoint: apiUrl, region: sceneRegion, credentials, maxAttempts: 1 });
}

async function serve(listener: RequestListener): Promise<{ port: number; close(): Promise<void> }> {
  // A target that closes idle connections would race with requests on them: not what these tests are about.
  const server = createServer({ keepAliveTimeout: 120_000 }, listener);
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen({ host: "127.0.0.1", port: 0, backlog: 1_024 }, done);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
