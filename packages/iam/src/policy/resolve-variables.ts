import type { AuthContext } from "../auth-context.ts";
import { type ConditionKey, conditionKey } from "./condition-key.ts";
import { type Pattern, resolvePattern, staticPattern, type Template } from "./pattern.ts";

/** The keys behind policy variables, by the name in the policy. */
export type Variables = ReadonlyMap<string, ConditionKey>;

/** @returns the keys of the variables in templates */
export function variablesOf(templates: readonly Template[]): Variables {
  const variables = new Map<string, ConditionKey>();
  for (const template of templates) {
    for (const part of template) if (part.kind === "variable") variables.set(part.key, conditionKey(part.key));
  }
  return variables;
}

/** @returns the patterns of templates without variables, or undefined when one has any */
export function staticPatterns(templates: readonly Template[]): readonly Pattern[] | undefined {
  const patterns = templates.map(staticPattern);
  return patterns.every((pattern) => pattern !== undefined) ? patterns : undefined;
}

/** @returns the pattern of a template in a request, or undefined when a variable has no value and no default */
export function resolveTemplate(template: Template, variables: Variables, context: AuthContext): Pattern | undefined {
  return resolvePattern(template, ({ key: name }) => {
    const key = variables.get(name);
    const value = key?.read(context);
    if (value === undefined || typeof value === "string") return value;
    return key?.joined === true ? value.join(", ") : undefined;
  });
}
