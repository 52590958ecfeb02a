import { canonicalAction, canonicalMatch } from "./canonical.ts";
import type { ActionEntry, ListenerEntry, ServiceEntry } from "./document.ts";
import { entries } from "./entries.ts";
import { type Item, pathOf } from "./item.ts";
import { sharedItems } from "./shared-items.ts";

/** @returns a service, its listeners and their rules, and what hangs on it */
export function serviceItems([name, entry]: [string, ServiceEntry]): Item[] {
  const { authType = "NONE", idleTimeoutSeconds = 60, customDomainName, certificateArn = "", tags = {} } = entry;
  const path = pathOf("services", name);
  const fixed = { customDomainName: customDomainName?.toLowerCase() };
  const settable = { authType, idleTimeoutSeconds, certificateArn };
  return [
    { kind: "service", path, name, fixed, settable, tags },
    ...sharedItems(path, entry),
    ...entries(entry.listeners).flatMap((listener) => listenerItems(path, listener)),
  ];
}

/** Source: CreateListener, API reference, read 2026-11. */
const defaultPorts: Readonly<Record<string, number>> = { HTTP: 80, HTTPS: 443, TLS_PASSTHROUGH: 443 };

function listenerItems(parent: string, [name, entry]: [string, ListenerEntry]): Item[] {
  const { protocol, port = defaultPorts[protocol], defaultAction, rules, tags = {} } = entry;
  const path = pathOf(parent, "listeners", name);
  const settable = { defaultAction: checkedAction(path, defaultAction) };
  const needs = groupsOf(defaultAction);
  return [
    { kind: "listener", path, parent, name, needs, fixed: { protocol, port }, settable, tags },
    ...entries(rules).map(([ruleName, rule]): Item => {
      const rulePath = pathOf(path, "rules", ruleName);
      const { priority, match, action } = rule;
      return {
        kind: "rule",
        path: rulePath,
        parent: path,
        name: ruleName,
        needs: groupsOf(action),
        fixed: {},
        settable: { priority, match: canonicalMatch(match), action: checkedAction(rulePath, action) },
        tags: rule.tags ?? {},
      };
    }),
  ];
}

function checkedAction(path: string, action: ActionEntry): ActionEntry {
  if ("forward" in action === "fixedResponse" in action)
    throw new RangeError(`${path}: an action must have either forward or fixedResponse`);
  return canonicalAction(action);
}

/** A group of another account, or one that has to stay nameless, is named by ARN or id. */
export function isIdentifier(text: string): boolean {
  return text.startsWith("arn:") || /^[a-z]+-[0-9a-z]{17}$/.test(text);
}

function groupsOf(action: ActionEntry): string[] {
  if (!("forward" in action)) return [];
  const names = action.forward.map(({ targetGroup }) => targetGroup).filter((name) => !isIdentifier(name));
  return [...new Set(names)].map((name) => pathOf("targetGroups", name));
}
