import { functionEnvironment, functionNetwork } from "./function-environment.ts";
import { usesKeyrings } from "./identity.ts";
import type { RouterBase, RouterPermissions } from "./router-permissions.ts";

export interface UrlRouter extends RouterBase {
  readonly permissions: RouterPermissions;
  readonly access: "iam" | "public";
}

/** The data plane behind a function URL that streams. Its clients count as inside whichever VPC is associated. */
export function router({ permissions, access, ...base }: UrlRouter) {
  const { settings, table, identity, logs } = base;
  return new sst.aws.Function("Router", {
    handler: "packages/lambda/src/router-stream.handler",
    description: "Pergola: the data plane behind a function URL",
    memory: `${settings.routerMemory} MB`,
    // A connection lives ten minutes at most, as with VPC Lattice, and then there is still a record to hand over.
    timeout: "11 minutes",
    streaming: true,
    url: { authorization: access === "iam" ? "iam" : "none", cors: false },
    ...concurrency(settings.routerConcurrency),
    ...functionNetwork(settings),
    environment: {
      ...functionEnvironment(settings, table),
      ...usesKeyrings(identity, { opens: ["session"] }).environment,
      ...settings.openTelemetry,
      PERGOLA_RECORD_QUEUE_URL: logs.queue.url,
      PERGOLA_SOURCE_VPC: "any",
      PERGOLA_TRUST_FORWARDED_HOST: "1",
      PERGOLA_LISTENER: "HTTPS:443",
    },
    permissions,
  });
}

/** @returns the `concurrency` argument: none for an account's shared pool */
export function concurrency(reserved: number | undefined) {
  return reserved === undefined ? {} : { concurrency: { reserved } };
}
