import { type ServiceNetworkResourceAssociation, statusAt } from "@pergola/core";

/** @returns the association as Get and List show it; the protocol leaves out what an operation's output does not have */
export function resourceAssociationView(
  association: ServiceNetworkResourceAssociation,
  now: Date,
): Record<string, unknown> {
  return {
    ...association,
    isManagedAssociation: association.groupAssociationId !== undefined,
    status: statusOf(association, now),
  };
}

function statusOf(association: ServiceNetworkResourceAssociation, now: Date): string {
  const status = statusAt(association, now);
  const { partialUntil } = association;
  return status === "ACTIVE" && partialUntil !== undefined && now.toISOString() < partialUntil ? "PARTIAL" : status;
}
