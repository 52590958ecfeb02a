import { spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { DeploySettings } from "../../../stacks/deploy-settings.ts";
import { region } from "./account.ts";
import { startAwsEndpoint } from "./aws-endpoint.ts";
import type { Graph } from "./graph.ts";

const root = resolve(import.meta.dirname, "../../..");

export interface Deployment {
  readonly graph: Graph;
  /** What the command printed. */
  readonly log: string;
  /** Exit status of the command. */
  readonly status: number | null;
  /** Requests to AWS that were not foreseen. */
  readonly unknownRequests: readonly string[];
  /** The files that would be uploaded: `<function>-src/bundle.mjs`, `<function>/code.zip`. */
  readonly artifacts: string;
  remove(): void;
}

export interface DeployOptions {
  readonly stage: string;
  /** In place of those in `pergola.deploy.ts`. */
  readonly settings?: DeploySettings;
}

/**
 * Runs the real `sst deploy` in a copy of the project whose every folder is a link, so that runs share nothing and nothing is written
 * into the checkout. Only the engine and AWS are stand-ins.
 */
export async function deploy({ stage, settings }: DeployOptions): Promise<Deployment> {
  const project = mkdtempSync(join(tmpdir(), "pergola-stacks-"));
  for (const folder of ["stacks", "packages", "node_modules", "package.json", "tsconfig.json"]) {
    symlinkSync(join(root, folder), join(project, folder));
  }
  mkdirSync(join(project, ".sst"));
  symlinkSync(join(root, ".sst/platform"), join(project, ".sst/platform"));
  cpSync(join(root, ".sst/provider-lock.json"), join(project, ".sst/provider-lock.json"));
  cpSync(join(root, "sst.config.ts"), join(project, "sst.config.ts"));
  if (settings === undefined) cpSync(join(root, "pergola.deploy.ts"), join(project, "pergola.deploy.ts"));
  else
    writeFileSync(
      join(project, "pergola.deploy.ts"),
      `export const deploySettings = () => (${JSON.stringify(settings)});\n`,
    );
  const home = join(project, ".home");
  writeEngine(home);

  const aws = await startAwsEndpoint();
  const graphFile = join(project, "graph.json");
  try {
    const { status, log } = await runSst(project, ["deploy", "--stage", stage, "--print-logs"], {
      XDG_CONFIG_HOME: home,
      SST_SKIP_DEPENDENCY_CHECK: "1",
      SST_TELEMETRY_DISABLED: "1",
      SST_NO_BUN: "1",
      AWS_ENDPOINT_URL: aws.url,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      STACKS_TEST_ROOT: project,
      STACKS_TEST_GRAPH: graphFile,
    });
    const graph: Graph = existsSync(graphFile)
      ? JSON.parse(readFileSync(graphFile, "utf8"))
      : { resources: [], invokes: [], errors: [log], outputs: undefined };
    const remove = (): void => rmSync(project, { recursive: true, force: true });
    return { graph, log, status, unknownRequests: aws.unknown, artifacts: join(project, ".sst/artifacts"), remove };
  } finally {
    aws.close();
  }
}

/** The command looks for its engine under that name, in its own folder. */
function writeEngine(home: string): void {
  const folder = join(home, "sst/bin");
  mkdirSync(folder, { recursive: true });
  const engine = join(folder, "pulumi");
  writeFileSync(engine, `#!/bin/sh\nexec "${process.execPath}" "${join(import.meta.dirname, "engine.ts")}" "$@"\n`);
  chmodSync(engine, 0o755);
}

function runSst(
  cwd: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<{ status: number | null; log: string }> {
  const command = join(root, "stacks/node_modules/.bin/sst");
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (log += chunk.toString()));
  return new Promise((resolveRun, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolveRun({ status, log }));
  });
}
