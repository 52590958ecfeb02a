import { oneOf, required, text } from "../constraint.ts";
import { query } from "../operation.ts";
import { pageOf } from "../page.ts";
import { requireShares } from "./find-share.ts";
import { arnMember, associationStatus, principalMember, ramPaging, shareArns } from "./members.ts";
import { RamError } from "./ram-error.ts";
import { associationStatusAt, associationView } from "./views.ts";
import { pageOfWalk, walkOwnAssociations } from "./walk.ts";

/** GetResourceShareAssociations: what is in the caller's own shares, or who has them. */
export const getResourceShareAssociations = query(
  {
    ...ramPaging,
    associationType: required(oneOf("PRINCIPAL", "RESOURCE", "SOURCE")),
    resourceShareArns: shareArns,
    resourceArn: arnMember,
    principal: principalMember,
    associationStatus,
  },
  async (input, context) => {
    const { associationType, resourceArn, principal } = input;
    const misplaced =
      resourceArn !== undefined && associationType !== "RESOURCE"
        ? "resourceArn"
        : principal !== undefined && associationType !== "PRINCIPAL"
          ? "principal"
          : undefined;
    if (misplaced !== undefined) {
      const message = `${misplaced} must not be given where associationType is ${associationType}`;
      throw new RamError("InvalidParameterException", message);
    }
    await requireShares(context, input.resourceShareArns);
    const arns = input.resourceShareArns && new Set(input.resourceShareArns);
    const page = await pageOfWalk(
      `share-associations/${associationType}`,
      walkOwnAssociations(context),
      input,
      ({ share, association }) => {
        const entity = association.type === "RESOURCE" ? association.arn : association.entity;
        const isWanted =
          association.type === associationType &&
          (arns === undefined || arns.has(share.arn)) &&
          (resourceArn ?? principal ?? entity) === entity &&
          (input.associationStatus ?? associationStatusAt(context, association)) ===
            associationStatusAt(context, association);
        return isWanted ? associationView(context, share, association) : undefined;
      },
    );
    return { resourceShareAssociations: page.items, nextToken: page.nextToken };
  },
);

/** ListSourceAssociations: of no share, since sources bound service principals, and none can be a principal here. */
export const listSourceAssociations = query(
  {
    ...ramPaging,
    resourceShareArns: shareArns,
    sourceId: text({ max: 1011 }),
    sourceType: text({ max: 128 }),
    associationStatus,
  },
  async (input, context) => {
    await requireShares(context, input.resourceShareArns);
    return { sourceAssociations: pageOf("source-associations", [], input).items };
  },
);
