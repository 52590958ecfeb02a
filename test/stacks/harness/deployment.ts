import { inject } from "vitest";
import type { DeploymentRecord } from "./deploy-all.ts";
import type { Graph } from "./graph.ts";

/** @returns the deployment of a variant @throws Error for one that there is not */
export function deployment(variant: string): DeploymentRecord {
  const found = inject("deployments")[variant];
  if (found === undefined) throw new Error(`no variant \`${variant}\``);
  return found;
}

/** @returns what the variant asked the engine for */
export function graphOf(variant: string): Graph {
  return deployment(variant).graph;
}
