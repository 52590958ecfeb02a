import { type ServiceNetworkVpcAssociation, statusAt } from "@pergola/core";

/** @returns the association as Get and List show it; the protocol leaves out what an operation's output does not have */
export function vpcAssociationView(association: ServiceNetworkVpcAssociation, now: Date): Record<string, unknown> {
  return { ...association, status: statusAt(association, now) };
}
