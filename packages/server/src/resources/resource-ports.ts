import {
  type ConfigStore,
  type DatabaseDirectory,
  type Logger,
  owners,
  type ResourceSnapshot,
  type ServiceNetworkResourceAssociation,
} from "@pergola/core";
import type { ResourceGateway } from "@pergola/data-plane";
import { followSnapshots } from "../ports/follow-snapshots.ts";
import type { AddressBook } from "./address-book.ts";
import { createResourceSockets, type ResourceSockets } from "./resource-sockets.ts";
import { type WantedEndpoint, wantedEndpoints } from "./wanted-sockets.ts";

/** What the status page shows of one resource as one network has it. */
export interface ResourceStatus {
  readonly associationId: string;
  readonly serviceNetworkId: string;
  readonly resourceConfigurationId: string;
  readonly name: string;
  /** The association's DNS name, and the resource's own where private DNS is on. */
  readonly domainName?: string;
  readonly privateDomainName?: string;
  /** Where clients on this machine reach it; absent when there is no address left. */
  readonly address?: string;
  readonly leadsTo: string;
  readonly ports: readonly { readonly port: number; readonly state: "listening" | "failed"; readonly error?: string }[];
  /** Why some or all ports are not open. */
  readonly note?: string;
}

export interface ResourcePorts {
  /** Resolves when everything that was wanted at the time of the call is open or has failed. */
  settled(): Promise<void>;
  status(): Promise<readonly ResourceStatus[]>;
  /** Stops following the store; the sockets are the gateway's to close. */
  close(): Promise<void>;
}

export interface ResourcePortsPorts {
  readonly store: ConfigStore;
  readonly logger: Logger;
  readonly book: AddressBook;
  readonly databases: DatabaseDirectory;
  readonly listen: ResourceGateway["listen"];
}

/** Gives each resource that a network has an address of this machine, and keeps its ports open there. */
export async function startResourcePorts(ports: ResourcePortsPorts, retryMs = 5_000): Promise<ResourcePorts> {
  const { store, logger, book, databases, listen } = ports;
  const snapshots = new Map<string, ResourceSnapshot>();
  const sockets = createResourceSockets(listen, logger);
  let addresses: ReadonlyMap<string, string> = new Map();
  const followed = await followSnapshots<ResourceSnapshot>(
    { store, logger, owner: owners.resourceSnapshots, retryMs },
    {
      note(id, snapshot) {
        if (snapshot === undefined) return snapshots.delete(id);
        snapshots.set(id, snapshot);
        return true;
      },
      async reconcile() {
        const wanted = wantedEndpoints(snapshots.values(), databases);
        addresses = await book.assign(new Set(wanted.map(({ associationId }) => associationId)));
        await sockets.match(wanted, addresses);
        return sockets.hasFailed;
      },
    },
  );
  return {
    settled: () => followed.settled(),
    close: () => followed.close(),
    async status() {
      const wanted = wantedEndpoints(snapshots.values(), databases);
      const names = await associationsOf(store, wanted);
      return [...wanted]
        .sort(byName)
        .map((endpoint) =>
          statusOf(endpoint, addresses.get(endpoint.associationId), names.get(endpoint.associationId), sockets),
        );
    },
  };
}

function byName(a: WantedEndpoint, b: WantedEndpoint): number {
  return a.name.localeCompare(b.name) || a.associationId.localeCompare(b.associationId);
}

/** The store's bound on one read. */
const maxKeys = 100;

async function associationsOf(
  store: ConfigStore,
  wanted: readonly WantedEndpoint[],
): Promise<ReadonlyMap<string, ServiceNetworkResourceAssociation>> {
  const keys = wanted.map(({ associationId: id, account, region }) => {
    return { owner: owners.resourceAssociations({ account, region }), id };
  });
  const found = new Map<string, ServiceNetworkResourceAssociation>();
  for (let start = 0; start < keys.length; start += maxKeys) {
    const items = await store.getMany<ServiceNetworkResourceAssociation>(keys.slice(start, start + maxKeys));
    for (const item of items) if (item !== undefined) found.set(item.id, item.value);
  }
  return found;
}

function statusOf(
  endpoint: WantedEndpoint,
  address: string | undefined,
  association: ServiceNetworkResourceAssociation | undefined,
  sockets: ResourceSockets,
): ResourceStatus {
  const { associationId, networkId, resourceId, name, leadsTo, ports, note } = endpoint;
  const domainName = association?.dnsEntry?.domainName;
  const privateDomainName = association?.privateDnsEntry?.domainName;
  const states = ports.map((port) => {
    const error = sockets.failureOf(associationId, port);
    return error === undefined ? { port, state: "listening" as const } : { port, state: "failed" as const, error };
  });
  return {
    associationId,
    serviceNetworkId: networkId,
    resourceConfigurationId: resourceId,
    name,
    ...(domainName === undefined ? {} : { domainName }),
    ...(privateDomainName === undefined ? {} : { privateDomainName }),
    ...(address === undefined ? { note: "PERGOLA_RESOURCE_CIDR has no address left" } : { address }),
    leadsTo,
    ports: address === undefined ? [] : states,
    ...(note === undefined || address === undefined ? {} : { note }),
  };
}
