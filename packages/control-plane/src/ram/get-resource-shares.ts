import { owners } from "@pergola/core";
import { integer, list, oneOf, required, struct, text } from "../constraint.ts";
import { type OperationContext, query } from "../operation.ts";
import { requireShares } from "./find-share.ts";
import { arnMember, ramPaging, resourceOwner, shareArns, shareName } from "./members.ts";
import type { ResourceShare } from "./share.ts";
import { shareView } from "./views.ts";
import { pageOfWalk, type Walk, walkOwner, walkSharesWithCaller } from "./walk.ts";

interface TagFilter {
  readonly tagKey?: string;
  readonly tagValues?: readonly string[];
}

/** GetResourceShares: the caller's own, or those that other accounts share with it. */
export const getResourceShares = query(
  {
    ...ramPaging,
    resourceOwner: required(resourceOwner),
    resourceShareArns: shareArns,
    resourceShareStatus: oneOf("ACTIVE", "DELETED", "DELETING", "FAILED", "PENDING"),
    name: shareName,
    tagFilters: list(struct({ tagKey: text({ min: 1, max: 128 }), tagValues: list(text({ max: 256 }), 0, 50) }), 0, 50),
    permissionArn: arnMember,
    permissionVersion: integer(1, 1_000_000),
  },
  async (input, context) => {
    const { resourceShareStatus, name, tagFilters } = input;
    if (input.resourceOwner === "SELF") await requireShares(context, input.resourceShareArns);
    const arns = input.resourceShareArns && new Set(input.resourceShareArns);
    const walk: Walk<ResourceShare> =
      input.resourceOwner === "SELF"
        ? walkOwner<ResourceShare>(context, owners.resourceShares(context.caller))
        : walkSharesWithCaller(context);
    const isWanted = (share: ResourceShare): boolean =>
      (arns === undefined || arns.has(share.arn)) &&
      (resourceShareStatus === undefined || share.status === resourceShareStatus) &&
      (name === undefined || share.name === name) &&
      hasPermission(share, input) &&
      hasTags(context, share, tagFilters);
    const kind = `resource-shares/${input.resourceOwner}`;
    const page = await pageOfWalk(kind, walk, input, (share) =>
      isWanted(share) ? shareView(context, share) : undefined,
    );
    return { resourceShares: page.items, nextToken: page.nextToken };
  },
);

function hasPermission(
  { permissions }: ResourceShare,
  { permissionArn, permissionVersion }: { readonly permissionArn?: string; readonly permissionVersion?: number },
): boolean {
  if (permissionArn === undefined && permissionVersion === undefined) return true;
  return Object.values(permissions).some(
    ({ arn, version }) => (permissionArn ?? arn) === arn && (permissionVersion ?? version) === version,
  );
}

/** Tags are their owner's to see. Of several filters one has to hold. */
function hasTags({ caller }: OperationContext, share: ResourceShare, filters: readonly TagFilter[] = []): boolean {
  if (filters.length === 0) return true;
  if (share.account !== caller.account) return false;
  return filters.some(({ tagKey = "", tagValues = [] }) => {
    const value = Object.hasOwn(share.tags, tagKey) ? share.tags[tagKey] : undefined;
    return value !== undefined && (tagValues.length === 0 || tagValues.includes(value));
  });
}
