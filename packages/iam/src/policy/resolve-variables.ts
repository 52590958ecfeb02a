import type { AuthContext } from "../auth-context.ts";
import { type Pattern, resolvePattern, staticPattern, type Template } from "./pattern.ts";
import type { Variables } from "./statement.ts";

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
