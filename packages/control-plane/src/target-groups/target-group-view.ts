import { resourceArn, statusAt, type TargetGroup } from "@pergola/core";

/** @returns the group as Get shows it; the protocol leaves out what an operation's output does not have */
export function targetGroupView(group: TargetGroup, now: Date): Record<string, unknown> {
  const { serviceId } = group;
  return {
    ...group,
    status: statusAt(group, now),
    serviceArns: serviceId === undefined ? [] : [resourceArn(group, "svc", serviceId)],
  };
}

/** @returns the group as List shows it: the configuration's members are the summary's own */
export function targetGroupSummary(group: TargetGroup, now: Date): Record<string, unknown> {
  return { ...targetGroupView(group, now), ...group.config };
}
