import {
  type ActionSnapshot,
  compileRules,
  type ExplainedRoute,
  type ExplainedTargetGroup,
  isHealthChecked,
  type ListenerSnapshot,
  type MatchInput,
  owners,
  type ServiceSnapshot,
  type Target,
  type TargetHealth,
  targetKey,
  targetStatus,
} from "@pergola/core";
import type { OperationContext } from "../operation.ts";

/** @returns where a request would go, by the same compiled rules as in the data plane */
export async function explainRoute(
  context: OperationContext,
  service: ServiceSnapshot,
  listener: ListenerSnapshot,
  input: MatchInput,
): Promise<ExplainedRoute> {
  const index = compileRules(listener.rules.map((rule) => rule.match)).match(input);
  const matched = listener.rules[index];
  const rule =
    matched === undefined ? { isDefault: true } : { id: matched.id, priority: matched.priority, isDefault: false };
  const { id, port, protocol } = listener;
  const action = matched?.action ?? listener.defaultAction;
  return { listener: { id, port, protocol }, rule, ...(await explainAction(context, service, action)) };
}

async function explainAction(
  context: OperationContext,
  service: ServiceSnapshot,
  action: ActionSnapshot,
): Promise<Pick<ExplainedRoute, "fixedResponse" | "targetGroups">> {
  if (action.kind === "fixed-response") return { fixedResponse: { statusCode: action.statusCode } };
  const sum = action.targetGroups.reduce((total, { weight }) => total + weight, 0);
  const targetGroups = action.targetGroups.map(({ id, weight }) => explainGroup(context, service, id, weight, sum));
  return { targetGroups: await Promise.all(targetGroups) };
}

async function explainGroup(
  { tx }: OperationContext,
  service: ServiceSnapshot,
  id: string,
  weight: number,
  sum: number,
): Promise<ExplainedTargetGroup> {
  const group = service.targetGroups[id];
  const share = sum === 0 ? 0 : weight / sum;
  if (group === undefined) return { id, type: "?", weight, share, targets: [], note: "the target group is gone: 503" };
  const registered = await tx.all<Target>(owners.targets(id));
  const targets = await Promise.all(
    registered.map(async (target) => {
      const health = await tx.read<TargetHealth>({ owner: owners.health(id), id: targetKey(target) });
      const status = targetStatus({ ...group, serviceId: service.serviceId }, target, health);
      return { id: target.id, ...(target.port === undefined ? {} : { port: target.port }), status };
    }),
  );
  const note = noteOn(
    targets.map(({ status }) => status),
    isHealthChecked(group),
  );
  return { id, type: group.type, weight, share, targets, ...(note === undefined ? {} : { note }) };
}

function noteOn(statuses: readonly string[], checked: boolean): string | undefined {
  const usable = statuses.filter((status) => status !== "DRAINING");
  if (usable.length === 0) return "no target is registered: 503";
  if (checked && !usable.includes("HEALTHY")) return "no target is healthy: all of them are used (fail-open)";
  return undefined;
}
