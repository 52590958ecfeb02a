import { type ServiceNetworkServiceAssociation, statusAt } from "@pergola/core";
import type { OperationContext } from "../operation.ts";
import { arnSeenBy } from "../sharing/association-sides.ts";

/** @returns the association as Get and List show it; the protocol leaves out what an operation's output does not have */
export function serviceAssociationView(
  association: ServiceNetworkServiceAssociation,
  context: OperationContext,
): Record<string, unknown> {
  return {
    ...association,
    arn: arnSeenBy(context, "snsa", association),
    status: statusAt(association, context.now),
  };
}
