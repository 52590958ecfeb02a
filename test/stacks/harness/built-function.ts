import { join } from "node:path";
import type { DeploymentRecord } from "./deploy-all.ts";
import { ofType } from "./graph.ts";

/** A function as it would be deployed. */
export interface BuiltFunction {
  /** Where SST has left what it built; `code.zip` is in the folder of the same name without `-src`. */
  readonly folder: string;
  readonly bundle: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/**
 * @param component the function's name in SST, or the beginning of it: a queue's subscriber has a suffix of its own
 * @throws Error for none, and for more than one
 */
export function builtFunction({ graph, artifacts }: DeploymentRecord, component: string): BuiltFunction {
  const [fn, ...more] = ofType(graph, "aws:lambda/function:Function").filter(({ name }) => name.startsWith(component));
  if (fn === undefined || more.length > 0) throw new Error(`one function ${component} expected`);
  const folder = join(artifacts, `${fn.name.replace(/Function$/, "")}-src`);
  const { environment, timeout } = fn.inputs;
  return { folder, bundle: join(folder, "bundle.mjs"), variables: environment.variables, timeoutMs: timeout * 1_000 };
}
