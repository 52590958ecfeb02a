import path from "node:path";
import { compileRouterAhead } from "./compile-ahead.ts";
import type { DeploySettings } from "./deploy-settings.ts";
import { trimBundle } from "./trim-bundle.ts";

/** What all functions have in common; set where a function does not say otherwise. */
export function defineFunctionDefaults({ logRetention, tracing }: DeploySettings): void {
  $transform(sst.aws.Function, (args, _options, name) => {
    // SST would cut the application off long names, and routers are denied functions by its name.
    args.name ??= `${$app.name}-${$app.stage}-${name}`;
    args.runtime ??= "nodejs24.x";
    args.architecture ??= "arm64";
    args.logging ??= { format: "json", retention: logRetention };
    // `minify` is off unless asked for, whatever its documentation says: measured with sst 4.17.1. Split, since what a request does not
    // need (AWS's clients above all) is loaded when it is first needed. A source map for each part would be some 150 objects a deployment.
    args.nodejs ??= { minify: true, splitting: true, esbuild: { keepNames: false, sourcemap: false } };
    args.hook ??= {
      postbuild: async (dir) => {
        await trimBundle(dir);
        await compileAhead(dir, args.handler);
      },
    };
    args.permissions = $resolve([args.permissions ?? []]).apply(([own]) => [
      ...own,
      ...(tracing ? tracePermissions : []),
    ]);
    const own = args.transform?.function;
    args.transform = {
      ...args.transform,
      // sst 4.17.1 tests an Output where it decides on trust, which is always true: roles of deployed functions would trust the whole
      // account, as only those of `sst dev` are meant to.
      role: (role) => {
        role.assumeRolePolicy = aws.iam.assumeRolePolicyForPrincipal({ Service: "lambda.amazonaws.com" });
      },
      function: (fn, options, name) => {
        fn.tracingConfig = { mode: tracing ? "Active" : "PassThrough" };
        // Lambda's own lines about each start and end are half a kilobyte a request; what they say is in its metrics.
        fn.loggingConfig = $resolve([fn.loggingConfig]).apply(([config]) => ({
          logFormat: "JSON",
          ...config,
          systemLogLevel: "WARN",
        }));
        if (typeof own === "function") own(fn, options, name);
        else Object.assign(fn, own);
        return undefined;
      },
    };
  });
}

/** A router that could not be compiled ahead works as well, and starts a little later: no reason to deploy nothing. */
async function compileAhead(dir: string, handler: unknown): Promise<void> {
  if (typeof handler !== "string") return;
  const name = path.basename(handler, path.extname(handler));
  try {
    await compileRouterAhead(path.join(dir, "bundle.mjs"), name);
  } catch (error) {
    console.warn(`${name} is deployed without being compiled ahead, its starts take some 4 ms more:`, error);
  }
}

/** X-Ray's actions know no resources. Source: service authorization reference, AWS X-Ray, read 2026-11. */
const tracePermissions = [{ actions: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources: ["*"] }];
