import type { ActionEntry, Json } from "./document.ts";

/** @returns the value with the members of objects in order of their names, and without undefined ones: equal values, equal text */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalText(inner)}`).join(",")}}`;
}

/** @returns an auth policy as the API gives it back: a version, and its statements as a list */
export function canonicalPolicy(policy: Json): Json {
  const { Version = "2008-10-17", Statement, ...rest } = policy;
  return { ...rest, Version, Statement: Array.isArray(Statement) ? Statement : [Statement] };
}

/** @returns an action with its weight where one is left out: the API gives the only group 100 */
export function canonicalAction(action: ActionEntry): ActionEntry {
  if (!("forward" in action)) return action;
  return { forward: action.forward.map(({ targetGroup, weight = 100 }) => ({ targetGroup, weight })) };
}

/** @returns a match without `caseSensitive: false`, which is what the API takes it for when it is left out */
export function canonicalMatch(value: Json): Json {
  return withoutFalse(value) as Json;
}

function withoutFalse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutFalse);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key, inner]) => key !== "caseSensitive" || inner !== false);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutFalse(inner)]));
}
