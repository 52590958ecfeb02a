import { type IdPrefix, owners, parseLatticeArn, type ResourceBase } from "@pergola/core";
import type { SharingAction } from "@pergola/iam";
import { ownerByPrefix } from "../locate.ts";
import type { OperationContext } from "../operation.ts";
import { type ListOutput, type ListSource, listPageOf, type PageInput } from "../page.ts";
import { type Grant, grantedId } from "./grant.ts";
import { grantAllows } from "./is-shared.ts";
import { callersShare } from "./share-policy.ts";

/**
 * One page of the caller's own resources of a kind and those that other accounts share with it, in order of id.
 * @param kind as for `listPage`
 * @param actions one of which a shared resource's owner has to allow
 */
export function listOwnAndShared<T extends ResourceBase>(
  context: OperationContext,
  kind: string,
  prefix: Extract<IdPrefix, "svc" | "sn" | "rcfg">,
  actions: readonly SharingAction[],
  page: PageInput,
  toSummary: (value: T) => unknown,
): Promise<ListOutput<unknown>> {
  const { caller, tx } = context;
  const ownerOf = ownerByPrefix[prefix];
  if (ownerOf === undefined) throw new Error(`there is no list of ${prefix}`);
  const shared: ListSource<unknown> = {
    owner: owners.sharedResources(caller.region),
    prefix: `${prefix}-`,
    // A resource can be shared in several ways, and is shown once.
    shownUpTo: (id) => `${grantedId(id)}/~`,
    toSummary: async (grant: Grant) => {
      const parsed = parseLatticeArn(grant.arn);
      if (parsed === undefined || parsed.account === caller.account) return undefined;
      // Most of what is shared at all is shared with others: said without reading it.
      if (grant.share !== undefined && (await callersShare(context, grant.share)) === undefined) return undefined;
      const value = await tx.read<T>({ owner: ownerOf(parsed), id: parsed.id });
      return value !== undefined && (await grantAllows(context, grant, value, actions)) ? toSummary(value) : undefined;
    },
  };
  return listPageOf(context, kind, [{ owner: ownerOf(caller), toSummary }, shared], page);
}
