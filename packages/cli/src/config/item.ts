import type { Json, Tags } from "./document.ts";

/** Everything that a configuration consists of; each is made, changed and deleted on its own. */
export type ItemKind =
  | "domain-verification"
  | "target-group"
  | "target"
  | "resource-gateway"
  | "resource-configuration"
  | "service"
  | "service-network"
  | "auth-policy"
  | "resource-policy"
  | "listener"
  | "rule"
  | "service-association"
  | "vpc-association"
  | "resource-association"
  | "log-subscription";

/** One resource, by names only: what a file says and what an account has are compared in this form. */
export interface Item {
  readonly kind: ItemKind;
  /** Unique, e.g. `services/orders/listeners/http`. */
  readonly path: string;
  /** What it is part of: that has to be there first, and takes it along when it goes (but for targets and associations). */
  readonly parent?: string;
  /** Its name within the parent. */
  readonly name: string;
  /** Paths of other items that it names. */
  readonly needs?: readonly string[];
  /** What cannot change as long as it lives. Members that the file leaves out are left to the API where `lenient`. */
  readonly fixed: Json;
  /** What an update can change. */
  readonly settable: Json;
  readonly lenient?: true;
  /** Absent on what has no tags. */
  readonly tags?: Tags;
}

/** @returns the item's path within the kind's collection, or below a parent */
export function pathOf(...parts: readonly string[]): string {
  return parts.join("/");
}
