import type { ExplainedRoute, ExplainedTargetGroup } from "@pergola/core";
import { printable } from "../printable.ts";
import type { Colour, Paint } from "./paint.ts";

/** @returns the listener, the rule that matches, and where its requests go in which shares */
export function routeText(
  { listener, rule, fixedResponse, targetGroups = [] }: ExplainedRoute,
  isAllowed: boolean,
  paint: Paint,
): string[] {
  const ruleName = rule.isDefault ? "the default action: no rule matches" : `${rule.id}, priority ${rule.priority}`;
  return [
    isAllowed ? "route" : "route, if it came to that",
    `  listener  ${listener.id}, ${listener.protocol} on port ${listener.port}`,
    `  rule      ${ruleName}`,
    ...(fixedResponse === undefined ? [] : [`  answer    ${fixedResponse.statusCode}, a fixed response`]),
    ...targetGroups.flatMap((group) => groupText(group, paint)),
  ];
}

function groupText({ id, type, share, targets, note }: ExplainedTargetGroup, paint: Paint): string[] {
  const head = `  ${`${Math.round(share * 1_000) / 10} %`.padEnd(8)}  ${id} (${type})`;
  return [
    note === undefined ? head : `${head}: ${paint("yellow", printable(note))}`,
    ...targets.slice(0, maxTargets).map((target) => `            ${targetText(target, paint)}`),
    ...(targets.length > maxTargets ? [`            and ${targets.length - maxTargets} more`] : []),
  ];
}

/** `-o json` has all of them. */
const maxTargets = 20;

const statusColours: Readonly<Record<string, Colour>> = { HEALTHY: "green", UNHEALTHY: "red", DRAINING: "yellow" };

function targetText({ id, port, status }: ExplainedTargetGroup["targets"][number], paint: Paint): string {
  const name = port === undefined ? id : `${id}:${port}`;
  return `${printable(name)} ${paint(statusColours[status] ?? "dim", status)}`;
}
