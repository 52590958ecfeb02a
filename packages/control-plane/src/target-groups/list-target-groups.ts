import { owners, type TargetGroup } from "@pergola/core";
import { oneOf } from "../constraint.ts";
import { paging, vpcId } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { listPage } from "../page.ts";
import { targetGroupSummary } from "./target-group-view.ts";

/** ListTargetGroups: the caller's own in order of id, all or those of a VPC or type. */
export const listTargetGroups = query(
  { ...paging, vpcIdentifier: vpcId, targetGroupType: oneOf("IP", "LAMBDA", "INSTANCE", "ALB") },
  ({ vpcIdentifier, targetGroupType, ...page }, context) =>
    listPage<TargetGroup, unknown>(context, "target-groups", owners.targetGroups(context.caller), page, (group) => {
      if (vpcIdentifier !== undefined && group.config?.vpcIdentifier !== vpcIdentifier) return undefined;
      if (targetGroupType !== undefined && group.type !== targetGroupType) return undefined;
      return targetGroupSummary(group, context.now);
    }),
);
