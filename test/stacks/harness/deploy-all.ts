import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { TestProject } from "vitest/node";
import { installMoto } from "../../aws/moto-server.ts";
import { type Deployment, deploy } from "./deploy.ts";
import { variants } from "./variants.ts";

/** What tests get of a deployment. */
export type DeploymentRecord = Omit<Deployment, "remove">;

declare module "vitest" {
  interface ProvidedContext {
    deployments: Record<string, DeploymentRecord>;
  }
}

const root = resolve(import.meta.dirname, "../../..");

/** Installs what the sst command and the tests need, once, and runs every variant, one after another. */
export async function setup(project: TestProject): Promise<() => void> {
  await installMoto();
  const run = (command: string, args: readonly string[]) =>
    execFileSync(command, args, { cwd: root, stdio: "inherit" });
  if (!existsSync(resolve(root, "stacks/node_modules/.bin/sst"))) run("npm", ["ci", "--prefix", "stacks"]);
  run(process.execPath, ["stacks/tools/install-platform.ts"]);
  const done: Deployment[] = [];
  const deployments: Record<string, DeploymentRecord> = {};
  for (const [name, variant] of Object.entries(variants)) {
    const { remove, ...record } = await deploy(variant);
    done.push({ ...record, remove });
    deployments[name] = record;
  }
  project.provide("deployments", deployments);
  return () => {
    for (const { remove } of done) remove();
  };
}
