import { conflict, type ErrorResourceType, type ResourceBase, statusAt } from "@pergola/core";
import type { OperationContext } from "./operation.ts";

/**
 * Members that every new resource has. A create is settled in its one transaction; until `settleMs` are over a reader is told
 * CREATE_IN_PROGRESS, as the answer of the create itself always says for kinds that have a status.
 */
export function newResource(
  { caller, now, settings }: OperationContext,
  id: string,
  arn: string,
  tags: Readonly<Record<string, string>> = {},
): ResourceBase {
  const time = now.toISOString();
  const base = { id, arn, account: caller.account, region: caller.region, createdAt: time, lastUpdatedAt: time, tags };
  if (settings.settleMs === 0) return base;
  return {
    ...base,
    pending: "CREATE_IN_PROGRESS",
    settlesAt: new Date(now.getTime() + settings.settleMs).toISOString(),
  };
}

/** @returns the resource changed now; `pending` only for kinds that have an UPDATE_IN_PROGRESS */
export function updated<T extends ResourceBase>({ now, settings }: OperationContext, resource: T, pending = false): T {
  const changed = { ...resource, lastUpdatedAt: now.toISOString() };
  if (!pending || settings.settleMs === 0) return changed;
  return {
    ...changed,
    pending: "UPDATE_IN_PROGRESS",
    settlesAt: new Date(now.getTime() + settings.settleMs).toISOString(),
  };
}

/**
 * Refuses what has to wait until a create or update has settled. Clients look for the status in the text: AWS's Gateway API
 * controller tells by it that a retry helps.
 * @throws LatticeError ConflictException
 */
export function requireSettled({ now }: OperationContext, type: ErrorResourceType, resource: ResourceBase): void {
  const status = statusAt(resource, now);
  if (status === "ACTIVE") return;
  throw conflict(type, resource.id, `${resource.id} is ${status}; wait until it is ACTIVE`);
}
