import type { Api } from "../api/api.ts";

/** Where clients on this machine reach a resource, as `/pergola/resources` has it. */
export interface ResourceEndpoint {
  readonly associationId: string;
  readonly domainName?: string;
  readonly privateDomainName?: string;
  readonly address?: string;
  readonly ports: readonly { readonly port: number; readonly state: string; readonly error?: string }[];
}

/** @returns every resource as each network has it; empty where the server has no such list */
export async function resourceEndpoints(api: Api): Promise<readonly ResourceEndpoint[]> {
  const answer = (await api.call("GET", "/pergola/resources")) as { readonly resources: readonly ResourceEndpoint[] };
  return answer.resources;
}

/** @returns ports in ascending order, those in a row as a range: `443, 8000-8100` */
export function portWords(ports: ResourceEndpoint["ports"]): string {
  const ranges: [first: number, last: number][] = [];
  for (const { port } of ports) {
    const last = ranges.at(-1);
    if (last !== undefined && port === last[1] + 1) last[1] = port;
    else ranges.push([port, port]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(", ");
}

/** @returns `listening`, or how many ports are not open, and why the first is not */
export function stateWords(ports: ResourceEndpoint["ports"]): string {
  const failed = ports.filter(({ state }) => state !== "listening");
  if (failed.length === 0) return ports.length === 0 ? "" : "listening";
  return `${failed.length} of ${ports.length} not open: ${failed[0]?.error}`;
}
