import type { Item, ItemKind } from "./item.ts";

type Action = "create" | "update" | "delete" | "refuse";

/** One phase: what is done together. `put` is a create or an update. */
type Phase = readonly (readonly [action: "create" | "update" | "delete" | "put", kind: ItemKind])[];

/**
 * The order of changes, and why.
 */
const phases: readonly Phase[] = [
  // What others are built from.
  [
    ["put", "domain-verification"],
    ["put", "target-group"],
    ["put", "resource-gateway"],
  ],
  [
    ["create", "target"],
    ["put", "resource-configuration"],
  ],
  [
    ["create", "service"],
    ["create", "service-network"],
  ],
  // Before an auth type turns to AWS_IAM: without its policy everything is denied.
  [
    ["put", "auth-policy"],
    ["put", "resource-policy"],
  ],
  [
    ["update", "service"],
    ["update", "service-network"],
  ],
  // They free names, ports, priorities and target groups for those that come.
  [["delete", "rule"]],
  [["delete", "listener"]],
  [
    ["update", "listener"],
    ["update", "rule"],
  ],
  [["create", "listener"]],
  [["create", "rule"]],
  [["delete", "log-subscription"]],
  [["put", "log-subscription"]],
  // A VPC is in one network at most, a custom domain name once in each.
  [
    ["delete", "service-association"],
    ["delete", "vpc-association"],
    ["delete", "resource-association"],
  ],
  // Last, so that nobody gets to a service before its policies are there.
  [
    ["put", "service-association"],
    ["put", "vpc-association"],
    ["put", "resource-association"],
  ],
  // A policy goes only now: until then it has denied what it was there to deny.
  [
    ["delete", "auth-policy"],
    ["delete", "resource-policy"],
  ],
  [
    ["delete", "service"],
    ["delete", "service-network"],
  ],
  [["delete", "target"]],
  [
    ["delete", "target-group"],
    ["delete", "resource-configuration"],
  ],
  [
    ["delete", "resource-gateway"],
    ["delete", "domain-verification"],
  ],
];

/** @returns the place of a change among all; refusals come first */
export function phaseOf(action: Action, { kind, fixed }: Item): number {
  if (action === "refuse") return -1;
  const index = phases.findIndex((phase) =>
    phase.some(([does, what]) => what === kind && (does === action || (does === "put" && action !== "delete"))),
  );
  if (index === -1) throw new Error(`no phase to ${action} a ${kind}`);
  // A group of resource configurations before its children, and after them when they go.
  if (kind !== "resource-configuration" || fixed.group === undefined) return index;
  return action === "delete" ? index - 0.5 : index + 0.5;
}
