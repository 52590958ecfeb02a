import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ApiClient, CallerName } from "../clients/api-client.ts";
import { account, otherAccount, type World } from "../clients/world.ts";
import { Cloud } from "./cloud.ts";
import type { Backend, Route } from "./routes.ts";

/** What the suites share: a client on a running Pergola. Each test has a cluster of its own. */
export interface Scene {
  readonly world: World;
  readonly client: ApiClient;
}

/** @returns the controller of a new cluster in a VPC of its own */
export function newCluster(
  { world, client }: Scene,
  { caller = "owner", ...options }: { usesTaggingApi?: boolean; caller?: CallerName } = {},
): Cloud {
  const run = world.variables().get("run") ?? "";
  const cluster = { account: caller === "owner" ? account : otherAccount, name: `cluster-${run}`, vpcId: `vpc-${run}` };
  return new Cloud(client, cluster, { caller, ...options });
}

/** @returns a word that belongs to the cluster alone, for names that are unique in an account */
export function runOf({ cluster }: Cloud): string {
  return cluster.vpcId.slice("vpc-".length);
}

/** Pods of private addresses: nothing answers there. */
export function podsOf(count: number): Backend["pods"] {
  return Array.from({ length: count }, (_, i) => ({ id: `10.1.${i >> 8}.${i & 255}`, port: 8080 }));
}

export const backend = (service: string, more: Partial<Backend> = {}): Backend => ({
  service,
  pods: podsOf(1),
  ...more,
});

const anyPath = { pathMatch: { match: { prefix: "/" }, caseSensitive: true } };

/** @returns an HTTPRoute that sends everything to one service, unless told otherwise; its network has to be there */
export function httpRoute(cloud: Cloud, more: Partial<Route> = {}): Route {
  const run = runOf(cloud);
  return {
    kind: "HTTPRoute",
    name: `shop-${run}`,
    namespace: "default",
    networks: [],
    listeners: [{ port: 80, protocol: "HTTP" }],
    rules: [{ match: anyPath, backends: [backend("web")] }],
    ...more,
  };
}

/** A pod that is really there, on this machine. @returns its address, and how to end it */
export async function startPod(status = 200): Promise<AsyncDisposable & Backend["pods"][number]> {
  const server = createServer((_, response) => response.writeHead(status).end());
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    id: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
