import { type ServiceNetworkResourceAssociation, statusAt } from "@pergola/core";
import type { OperationContext } from "../operation.ts";
import { arnSeenBy } from "../sharing/association-sides.ts";

/** @returns the association as Get and List show it; the protocol leaves out what an operation's output does not have */
export function resourceAssociationView(
  association: ServiceNetworkResourceAssociation,
  context: OperationContext,
): Record<string, unknown> {
  return {
    ...association,
    arn: arnSeenBy(context, "snra", association),
    isManagedAssociation: association.groupAssociationId !== undefined,
    status: statusOf(association, context.now),
  };
}

function statusOf(association: ServiceNetworkResourceAssociation, now: Date): string {
  const status = statusAt(association, now);
  const { partialUntil } = association;
  return status === "ACTIVE" && partialUntil !== undefined && now.toISOString() < partialUntil ? "PARTIAL" : status;
}
