import { required } from "../constraint.ts";
import { targetGroupIdentifier } from "../field-constraints.ts";
import { getTargetGroup as findGroup } from "../locate.ts";
import { query } from "../operation.ts";
import { targetGroupView } from "./target-group-view.ts";

/** GetTargetGroup. */
export const getTargetGroup = query(
  { targetGroupIdentifier: required(targetGroupIdentifier) },
  async (input, context) => {
    const { value } = await findGroup(context, input.targetGroupIdentifier);
    return targetGroupView(value, context.now);
  },
);
