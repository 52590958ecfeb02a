import type { ServiceNetwork } from "@pergola/core";

/** @returns the network as Get and List show it; the protocol leaves out what an operation's output does not have */
export function serviceNetworkView(network: ServiceNetwork): Record<string, unknown> {
  return {
    ...network,
    numberOfAssociatedVPCs: network.vpcCount,
    numberOfAssociatedServices: network.serviceCount,
    numberOfAssociatedResourceConfigurations: network.resourceCount ?? 0,
  };
}
