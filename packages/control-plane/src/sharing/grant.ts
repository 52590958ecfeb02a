import { type Key, owners, type ResourceBase, type Scope } from "@pergola/core";

/** Says that a resource is shared, as `owners.sharedResources` has it: by its resource policy, or by a resource share. */
export interface Grant {
  readonly arn: string;
  /** The share that has the resource; absent where its policy says with whom and for what. */
  readonly share?: Scope & { readonly id: string };
}

type Shared = Pick<ResourceBase, "id" | "region">;

/** @returns where the grant of a resource policy is */
export function policyGrantKey({ id, region }: Shared): Key {
  return { owner: owners.sharedResources(region), id: `${id}/policy` };
}

/** @returns where the grant of a resource share is */
export function shareGrantKey({ id, region }: Shared, shareId: string): Key {
  return { owner: owners.sharedResources(region), id: `${id}/share/${shareId}` };
}

/** How many shares may have one resource: what a deletion can take back in its one transaction. */
export const maxSharesOfResource = 25;

/** @returns what the ids of all grants of a resource begin with */
export function grantPrefix({ id }: Shared): string {
  return `${id}/`;
}

/** @returns the id of the resource that a grant's id begins with */
export function grantedId(grantId: string): string {
  return grantId.slice(0, grantId.indexOf("/"));
}
