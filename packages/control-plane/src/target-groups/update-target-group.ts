import { type FieldError, invalidFields, type TargetGroup } from "@pergola/core";
import { required } from "../constraint.ts";
import { targetGroupIdentifier } from "../field-constraints.ts";
import { updated } from "../lifecycle.ts";
import { getTargetGroup } from "../locate.ts";
import { operation } from "../operation.ts";
import { type HealthCheckInput, resolveHealthCheck } from "./health-check-config.ts";
import { healthCheckMembers } from "./health-check-members.ts";
import { putTargetGroup } from "./target-group-uses.ts";
import { targetGroupView } from "./target-group-view.ts";

/** UpdateTargetGroup: only the health check can change. Members that are left out keep their value. */
export const updateTargetGroup = operation(
  { targetGroupIdentifier: required(targetGroupIdentifier), healthCheck: required(healthCheckMembers) },
  async (input, context) => {
    const { key, value } = await getTargetGroup(context, input.targetGroupIdentifier);
    const group = withHealthCheck(updated(context, value), input.healthCheck);
    putTargetGroup(context, key, group);
    if (group.serviceId !== undefined) context.tx.touchService({ ...group, id: group.serviceId });
    return targetGroupView(group, context.now);
  },
);

function withHealthCheck(group: TargetGroup, given: HealthCheckInput): TargetGroup {
  const { type, config = {} } = group;
  if (type === "LAMBDA" || type === "ALB") {
    throw invalidFields([{ name: "healthCheck", message: `is not allowed for a target group of type ${type}` }]);
  }
  const faults: FieldError[] = [];
  const laidOver = { ...config.healthCheck, ...given };
  const healthCheck = resolveHealthCheck(config, laidOver, "healthCheck", (error) => faults.push(error));
  if (faults.length > 0) throw invalidFields(faults);
  return { ...group, config: { ...config, healthCheck } };
}
