import { type Key, owners } from "@pergola/core";

/** Says that a resource is shared, as `owners.sharedResources` has it; its policy says with whom and for what. */
export interface Grant {
  readonly arn: string;
}

/** @returns where the grant of a resource policy is */
export function policyGrantKey({ id, region }: { readonly id: string; readonly region: string }): Key {
  return { owner: owners.sharedResources(region), id: `${id}/policy` };
}

/** @returns the id of the resource that a grant's id begins with */
export function grantedId(grantId: string): string {
  return grantId.slice(0, grantId.indexOf("/"));
}
