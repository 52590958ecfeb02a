import { type DatabaseDirectory, type ResourceRecordSink, systemClock, type VpcDirectory } from "@pergola/core";
import { createResourceGateway, type ResourceMetrics } from "@pergola/data-plane";
import { askServer, createAddressResolver } from "./dns/address-resolver.ts";
import { openAddressBook } from "./resources/address-book.ts";
import { addressRange } from "./resources/address-range.ts";
import { type ResourceStatus, startResourcePorts } from "./resources/resource-ports.ts";
import type { ServerBase } from "./server-base.ts";

/** Connections to resources, as far as the API tells of them. */
export interface Resources {
  settled(): Promise<void>;
  status(): Promise<readonly ResourceStatus[]>;
  metrics(): ResourceMetrics | undefined;
}

/** Carries connections to resources, on addresses of this machine; unless `resourceCidr` is absent. */
export async function startResources(
  { settings, store, logger, config, teardown }: ServerBase,
  vpcs: VpcDirectory,
  records: ResourceRecordSink,
): Promise<Resources> {
  const { resourceCidr, dnsServer } = settings;
  if (resourceCidr === undefined) {
    return { settled: () => Promise.resolve(), status: () => Promise.resolve([]), metrics: () => undefined };
  }
  const range = addressRange(resourceCidr);
  const databases: DatabaseDirectory = { endpointOf: (arn) => config.databases.get(arn) };
  const gateway = createResourceGateway({
    store,
    vpcs,
    resolver: createAddressResolver(systemClock, dnsServer === undefined ? undefined : askServer(dnsServer)),
    databases,
    records,
    clock: systemClock,
    logger,
    isOwnAddress: (address) => range.has(address),
  });
  teardown.addIntake("resources", (deadlineMs) => gateway.close(deadlineMs));
  const book = await openAddressBook(store, range);
  const listen: typeof gateway.listen = (endpoint, port, bind) => gateway.listen(endpoint, port, bind);
  const ports = await startResourcePorts({ store, logger, book, databases, listen });
  teardown.addIntake("ports of resources", () => ports.close());
  return { settled: () => ports.settled(), status: () => ports.status(), metrics: () => gateway.metrics() };
}
