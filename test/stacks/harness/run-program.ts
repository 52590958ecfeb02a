import { createRequire } from "node:module";
import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { Graph, GraphResource } from "./graph.ts";
import { answerCall, answerResource } from "./provider-answers.ts";

export interface Program {
  /** The bundle that the sst command made of `sst.config.ts`. */
  readonly bundle: string;
  readonly root: string;
  readonly project: string;
  readonly stage: string;
  readonly config: Readonly<Record<string, string>>;
}

const timeoutMs = 90_000;

/** Keys by which Pulumi marks special values. Source: `runtime/rpc.js` of @pulumi/pulumi 3.215.0. */
const signature = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";
const asset = "c44067f5952c0a294b673a41bacd8c17";
const archive = "0def7320c3a5731c473e5ecbe6d01bc7";

/**
 * Runs the program with Pulumi's own mocks in place of the engine, and resolves with what it asked for when its event loop is empty:
 * `runtime.disconnect()` would not wait for an `apply` that waits for a build. One program a process.
 */
export async function runProgram({ bundle, root, project, stage, config }: Program): Promise<Graph> {
  const requireFromBundle = createRequire(bundle);
  fixNames(requireFromBundle);
  const pulumi = requireFromBundle("@pulumi/pulumi");
  const { leakedPromises } = requireFromBundle("@pulumi/pulumi/runtime/debuggable");
  const { MockMonitor } = requireFromBundle("@pulumi/pulumi/runtime/mocks");
  const graph: Graph = { resources: [], invokes: [], errors: [], outputs: undefined };
  const { promise, resolve } = Promise.withResolvers<Graph>();
  const fail = (error: unknown): void => {
    graph.errors.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    // An error inside an `apply` leaves its output pending for ever.
    setTimeout(() => resolve(graph), 500);
  };
  record(MockMonitor, { graph, root, project, stage, fail });
  process.on("unhandledRejection", fail);
  process.on("uncaughtException", fail);
  setTimeout(() => fail(new Error(`the program did not end; unanswered: ${unanswered(graph)}`)), timeoutMs).unref();
  process.once("beforeExit", () => {
    const [leaked, message] = leakedPromises() as [Set<unknown>, string];
    if (leaked.size > 0) graph.errors.push(`${leaked.size} outputs were never answered: ${message}`);
    resolve(graph);
  });

  const call = ({ token, inputs }: { token: string; inputs: unknown }) => {
    graph.invokes.push(token);
    try {
      return answerCall(token, unwrap(inputs) as Record<string, unknown>);
    } catch (error) {
      // Pulumi would lose its message.
      fail(error);
      throw error;
    }
  };
  const newResource = ({ type, name, inputs }: { type: string; name: string; inputs: unknown }) =>
    answerResource(type, name, unwrap(inputs) as Record<string, unknown>);
  await pulumi.runtime.setMocks({ newResource, call }, project, stage, false, "organization");
  for (const [key, value] of Object.entries(config)) pulumi.runtime.setConfig(key, value);
  try {
    const outputs = await pulumi.runtime.runInPulumiStack(
      async () => (await import(pathToFileURL(bundle).href)).default,
    );
    graph.outputs = unwrap(outputs, root) as Record<string, unknown>;
  } catch (error) {
    fail(error);
  }
  return promise;
}

/** SST ends physical names in eight random bytes: always the same ones make runs comparable. */
function fixNames(requireFromBundle: NodeJS.Require): void {
  const crypto = requireFromBundle("node:crypto") as { randomBytes: (size: number, then?: unknown) => unknown };
  const random = crypto.randomBytes;
  crypto.randomBytes = (size, then) => (size === 8 && then === undefined ? Buffer.alloc(8, 7) : random(size, then));
}

function unanswered({ resources }: Graph): string {
  return resources
    .filter(({ id, isCustom }) => isCustom && id === undefined)
    .map(({ name }) => name)
    .join(", ");
}

interface Recording {
  readonly graph: Graph;
  readonly root: string;
  readonly project: string;
  readonly stage: string;
  readonly fail: (error: unknown) => void;
}

/**
 * Records what is registered. URNs are as the real engine makes them: without the stack, with the whole chain of component types;
 * links take a type from them. Two of the same are an error, as with the real engine.
 */
// biome-ignore lint/suspicious/noExplicitAny: Pulumi's internal class, without types
function record(MockMonitor: any, { graph, root, project, stage, fail }: Recording): void {
  const seen = new Map<string, GraphResource>();
  const { registerResource, registerResourceOutputs } = MockMonitor.prototype;
  MockMonitor.prototype.newUrn = (parent: string | undefined, type: string, name: string): string => {
    const chain = parent?.split("::")[2] ?? "";
    const isNested = chain !== "" && chain !== "pulumi:pulumi:Stack";
    return [`urn:pulumi:${stage}`, project, isNested ? `${chain}$${type}` : type, name].join("::");
  };
  // biome-ignore lint/suspicious/noExplicitAny: a protobuf message of Pulumi's
  MockMonitor.prototype.registerResource = function (request: any, answer: (error: unknown, response: any) => void) {
    const urn: string = this.newUrn(request.getParent(), request.getType(), request.getName());
    const resource: GraphResource = {
      type: request.getType(),
      name: request.getName(),
      urn,
      isCustom: request.getCustom(),
      isProtected: request.getProtect() === true,
      retainOnDelete: request.getRetainondelete() === true,
      dependsOn: request.getDependenciesList(),
      inputs: unwrap(request.getObject().toJavaScript(), root) as Record<string, unknown>,
      ...(request.getParent() ? { parent: request.getParent() } : {}),
    };
    if (seen.has(urn)) fail(new Error(`two resources have the name ${urn}`));
    seen.set(urn, resource);
    graph.resources.push(resource);
    // biome-ignore lint/suspicious/noExplicitAny: as above
    return registerResource.call(this, request, (error: unknown, response: any) => {
      if (response && resource.isCustom) resource.id = response.getId();
      answer(error, response);
    });
  };
  // biome-ignore lint/suspicious/noExplicitAny: as above
  MockMonitor.prototype.registerResourceOutputs = function (request: any, answer: unknown) {
    const resource = seen.get(request.getUrn());
    if (resource && request.getOutputs())
      resource.outputs = unwrap(request.getOutputs().toJavaScript(), root) as Record<string, unknown>;
    return registerResourceOutputs.call(this, request, answer);
  };
}

/** @returns plain JSON: secrets bare, files as paths from the root, no program text of providers */
function unwrap(value: unknown, root?: string): unknown {
  if (Array.isArray(value)) return value.map((one) => unwrap(one, root));
  if (typeof value !== "object" || value === null) return value;
  const given = value as Record<string, unknown>;
  if (given[signature] === secret) return unwrap(given.value, root);
  if (given[signature] === asset || given[signature] === archive) {
    const { path } = given;
    return root === undefined ? value : { file: typeof path === "string" ? relative(root, path) : given.text };
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(given).filter(([key]) => key !== "__provider");
  return Object.fromEntries(entries.map(([key, one]) => [key, unwrap(one, root)]));
}
