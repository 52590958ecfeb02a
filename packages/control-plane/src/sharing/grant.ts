import { type Key, owners } from "@pergola/core";
import type { SharingAction } from "@pergola/iam";
import type { OperationContext } from "../operation.ts";
import { callerPrincipal } from "./caller-principal.ts";

/** How a resource is shared, as `owners.sharedResources` has it: every way of sharing a resource has one. */
export interface Grant {
  readonly arn: string;
  /** Absent for a resource policy, whose text says who may do what. */
  readonly share?: ShareGrant;
}

/** What a resource share allows. */
export interface ShareGrant {
  /** Accounts, ARNs of users and roles, of organizations and of organizational units. */
  readonly principals: readonly string[];
  readonly actions: readonly string[];
}

/** @returns where the grant of a resource policy is */
export function policyGrantKey({ id, region }: { readonly id: string; readonly region: string }): Key {
  return { owner: owners.sharedResources(region), id: `${id}/policy` };
}

/** @returns the id of the resource that a grant's id begins with */
export function grantedId(grantId: string): string {
  return grantId.slice(0, grantId.indexOf("/"));
}

/** @returns whether a resource share allows the caller one of the actions; a resource policy's grant says nothing of it */
export function grantAllows(
  context: OperationContext,
  { arn, share }: Grant,
  resourceArn: string,
  actions: readonly SharingAction[],
): boolean {
  if (share === undefined || arn !== resourceArn) return false;
  const { account, arn: callerArn, roleArn, orgId, orgPaths = [] } = callerPrincipal(context);
  const isCaller = (principal: string): boolean => {
    if (principal === account || principal === callerArn || principal === roleArn) return true;
    // `arn:aws:organizations::<account>:organization/<org>` and `…:ou/<org>/<unit>`.
    const [, kind, organization, unit] =
      /:(organization|ou)\/(o-[a-z0-9]+)(?:\/(ou-[a-z0-9-]+))?$/.exec(principal) ?? [];
    if (organization === undefined || organization !== orgId) return false;
    return kind === "organization" || orgPaths.some((path) => path.split("/").includes(unit ?? " "));
  };
  return actions.some((action) => share.actions.includes(action)) && share.principals.some(isCaller);
}
