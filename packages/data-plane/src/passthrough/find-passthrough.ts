import type { VpcDirectory } from "@pergola/core";
import type { Candidate } from "../call.ts";
import { type Association, associationOf, networksOf } from "../configuration/associated-network.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { type NamedServices, servicesByName } from "../configuration/services-by-name.ts";
import type { HelloConnection } from "./hello-connection.ts";

/** The TLS_PASSTHROUGH listener that a connection reaches; without a network where the client is in none of the service's. */
export type Reached = Candidate & Partial<Association>;

/**
 * Server name and port → the listener whose target group gets the connection. The name has to be the service's custom domain name.
 * Source: VPC Lattice user guide, "TLS listeners", read 2026-11.
 * @returns a function that gives undefined for a connection that is not to be passed through: TLS ends here
 */
export function passthroughFinder(
  configuration: Configuration,
  vpcs: VpcDirectory,
): (hello: HelloConnection) => Promise<Reached | undefined> {
  const byName = servicesByName(configuration);
  return async ({ serverName, client }) => {
    const candidates = candidatesAmong(await byName(serverName), serverName, client.listenerPort);
    const passing = candidates.find(isPassing);
    if (passing === undefined) return undefined;
    // In another network the same name may be a service's that terminates TLS: the network decides, as for HTTP.
    const networks = await networksOf(configuration, candidates);
    const association = associationOf(candidates, networks, vpcs.vpcOf(client.peerAddress));
    if (association === undefined) return passing;
    return isPassing(association) ? association : undefined;
  };
}

function isPassing({ listener }: Candidate): boolean {
  return listener.protocol === "TLS_PASSTHROUGH";
}

function candidatesAmong(services: NamedServices, serverName: string, port: number): Candidate[] {
  const candidates: Candidate[] = [];
  for (const service of services) {
    if (service?.snapshot.customDomainName?.toLowerCase() !== serverName) continue;
    const listener = service.listeners.find((one) => one.port === port && one.protocol !== "HTTP");
    if (listener !== undefined) candidates.push({ service, listener });
  }
  return candidates;
}
