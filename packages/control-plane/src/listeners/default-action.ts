import { invalidFields, type ListenerProtocol, type RuleAction, type Service } from "@pergola/core";
import type { OperationContext } from "../operation.ts";
import { requireTargetGroups } from "../target-groups/target-group-uses.ts";

/**
 * Checks that a listener of this protocol may have this default action.
 * @throws LatticeError as `requireTargetGroups`, and ValidationException for a fixed response to a TLS connection, which cannot be
 * answered without being terminated
 */
export async function requireDefaultAction(
  context: OperationContext,
  service: Service,
  protocol: ListenerProtocol,
  action: RuleAction,
): Promise<void> {
  if (protocol === "TLS_PASSTHROUGH" && !("forward" in action)) {
    throw invalidFields([{ name: "defaultAction", message: "must be forward for a TLS_PASSTHROUGH listener" }]);
  }
  await requireTargetGroups(context, service, protocol, action, "defaultAction");
}
