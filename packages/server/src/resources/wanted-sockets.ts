import type { DatabaseDirectory, ResourceSnapshot } from "@pergola/core";
import { endpointsOf, type ResourceEndpoint } from "@pergola/data-plane";
import { choosePorts } from "./choose-ports.ts";

/** One resource as one network has it, and the ports that clients on this machine reach it by. */
export interface WantedEndpoint extends ResourceEndpoint {
  readonly networkId: string;
  /** Account and region of the association, for its names. */
  readonly account: string;
  readonly region: string;
  readonly resourceId: string;
  readonly name: string;
  /** What it leads to: an address, a name or an ARN. */
  readonly leadsTo: string;
  readonly ports: readonly number[];
  /** Why some or all ports are not open. */
  readonly note?: string;
}

/** @returns every endpoint of the snapshots, in their order */
export function wantedEndpoints(
  snapshots: Iterable<ResourceSnapshot>,
  databases: DatabaseDirectory,
): readonly WantedEndpoint[] {
  const wanted: WantedEndpoint[] = [];
  for (const snapshot of snapshots) {
    const accounts = new Map(snapshot.associations.map(({ networkId, account }) => [networkId, account]));
    for (const { configurationId, associationId, networkId, resource } of endpointsOf(snapshot)) {
      wanted.push({
        configurationId,
        associationId,
        networkId,
        account: accounts.get(networkId) ?? snapshot.account,
        region: snapshot.region,
        resourceId: resource.configurationId,
        name: resource.name,
        leadsTo: leadsTo(resource.definition),
        ...portsOf(resource, databases),
      });
    }
  }
  return wanted;
}

type Resource = ResourceSnapshot["resources"][number];

function leadsTo(definition: Resource["definition"]): string {
  if ("ipResource" in definition) return definition.ipResource.ipAddress;
  if ("dnsResource" in definition) return definition.dnsResource.domainName;
  return "arnResource" in definition ? definition.arnResource.arn : "-";
}

function portsOf(
  { definition, portRanges }: Resource,
  databases: DatabaseDirectory,
): Pick<WantedEndpoint, "ports" | "note"> {
  if ("arnResource" in definition) {
    const database = databases.endpointOf(definition.arnResource.arn);
    if (database !== undefined) return { ports: [database.port] };
    return { ports: [], note: "nobody knows where this database is: name it under `databases` in pergola.json" };
  }
  const { ports, leftOut } = choosePorts(portRanges);
  if (leftOut === 0) return { ports };
  return { ports, note: `${leftOut} more ports are not open: name those that are needed in portRanges` };
}
