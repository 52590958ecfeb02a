import { LatticeError, parseLatticeArn, type ResourceBase } from "@pergola/core";
import type { SharingAction } from "@pergola/iam";
import { locate, ownerByPrefix } from "../locate.ts";
import type { OperationContext } from "../operation.ts";
import { isShared } from "./is-shared.ts";

/** The resource whose associations are listed. */
export interface ListedSide {
  readonly id: string;
  /** Its owner lets the caller list them; otherwise the caller sees those that it is a party to. */
  readonly mayList: boolean;
}

/**
 * @param identifier id, or ARN of the caller's own or of a shared resource
 * @throws LatticeError AccessDeniedException for what is neither
 */
export async function listedSide(
  context: OperationContext,
  identifier: string,
  listAction: SharingAction,
  getAction: SharingAction,
): Promise<ListedSide> {
  const { caller, tx } = context;
  const arn = parseLatticeArn(identifier);
  if (arn === undefined || arn.account === caller.account)
    return { id: locate(context, identifier).id, mayList: false };
  const ownerOf = ownerByPrefix[arn.prefix];
  const value = ownerOf && (await tx.read<ResourceBase>({ owner: ownerOf(arn), id: arn.id }));
  if (value?.arn === identifier && arn.region === caller.region) {
    if (await isShared(context, value, [listAction])) return { id: arn.id, mayList: true };
    if (await isShared(context, value, [getAction])) return { id: arn.id, mayList: false };
  }
  throw new LatticeError(
    "AccessDeniedException",
    `\`${identifier}\` belongs to another account and is not shared with ${caller.account} for ${listAction}`,
  );
}
