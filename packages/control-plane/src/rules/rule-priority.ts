import { conflict, owners, type Rule } from "@pergola/core";
import { integer } from "../constraint.ts";
import type { OperationContext } from "../operation.ts";

/** The model's range; the console and AWS's Gateway API controller stay within 1–100. Lower comes first. */
export const rulePriority = integer(1, 2000);

/**
 * The caller holds the service's lock, so what is listed here is all there is.
 * @param ruleId the rule that wants the priority, which may have it already
 * @throws LatticeError ConflictException when another rule of the listener has it
 */
export async function requireFreePriority(
  { tx }: OperationContext,
  listenerId: string,
  priority: number,
  ruleId: string,
): Promise<void> {
  const rules = await tx.all<Rule>(owners.rules(listenerId));
  const holder = rules.find((rule) => rule.priority === priority && rule.id !== ruleId);
  if (holder !== undefined) throw priorityTaken(holder.id, priority, listenerId);
}

/** @returns the ConflictException about a rule that holds the priority */
export function priorityTaken(holderId: string, priority: number, listenerId: string): Error {
  return conflict("RULE", holderId, `Resource of type Rule with priority ${priority} already exists in ${listenerId}`);
}
