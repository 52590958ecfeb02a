import { isIP } from "node:net";
import type { AddressResolver, DatabaseDirectory, ResourceConfigurationDefinition } from "@pergola/core";

/** Where a resource is: addresses to try one after the other. */
export interface ResourcePlace {
  readonly addresses: readonly string[];
  readonly port: number;
}

interface Directories {
  readonly resolver: AddressResolver;
  readonly databases: DatabaseDirectory;
}

/**
 * @param port that the client connected to
 * @returns where the resource is, or undefined when nobody knows
 * @throws what keeps a name from being looked up
 */
export async function placeOf(
  definition: ResourceConfigurationDefinition,
  port: number,
  { resolver, databases }: Directories,
): Promise<ResourcePlace | undefined> {
  if ("ipResource" in definition) return { addresses: [definition.ipResource.ipAddress], port };
  if ("dnsResource" in definition) {
    const { domainName, ipAddressType } = definition.dnsResource;
    return { addresses: await resolver.addressesOf(domainName, ipAddressType), port };
  }
  if (!("arnResource" in definition)) return undefined;
  const endpoint = databases.endpointOf(definition.arnResource.arn);
  if (endpoint === undefined) return undefined;
  const { host, port: databasePort } = endpoint;
  const addresses = isIP(host) === 0 ? await resolver.addressesOf(host, "IPV4") : [host];
  return { addresses, port: databasePort };
}
