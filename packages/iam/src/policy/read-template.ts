import { type ConditionKey, findConditionKey, keySuggestion, otherKey } from "./condition-key.ts";
import { shown } from "./finding.ts";
import { PatternSyntaxError, parsePattern, type Template } from "./pattern.ts";
import type { Reading } from "./read-statement.ts";

export interface TemplateReading {
  readonly wildcards: boolean;
  readonly reading: Reading;
  /** The keys of variables that the value names are added. */
  readonly variables: Map<string, ConditionKey>;
  /** False for operators whose values take no variables. */
  readonly takesVariables?: boolean;
}

/** @returns the parts of a policy value; undefined after an error */
export function readTemplate(
  text: string,
  path: string,
  { wildcards, reading, variables, takesVariables = true }: TemplateReading,
): Template | undefined {
  const { findings } = reading;
  if (takesVariables && !reading.variables && text.includes("${")) {
    findings.warn(
      path,
      `${shown(text)} is literal text in this version; set \`Version\` to \`2012-10-17\` for variables`,
    );
  }
  try {
    const template = parsePattern(text, { wildcards, variables: takesVariables && reading.variables });
    for (const part of template) {
      if (part.kind === "variable") variables.set(part.key, variableKey(part.key, path, reading));
    }
    return template;
  } catch (error) {
    if (!(error instanceof PatternSyntaxError)) throw error;
    findings.error(path, `${shown(text)}: ${error.message}`);
    return undefined;
  }
}

function variableKey(name: string, path: string, reading: Reading): ConditionKey {
  const key = resolveKey(name, path, reading);
  if (key.multivalued) {
    reading.findings.warn(
      path,
      `the variable ${shown(name)} can have several values and never resolves; use a key with one`,
    );
  }
  return key;
}

/** Of services and of IAM itself; an auth policy sees only these two. */
const prefixes = ["aws:", "vpc-lattice-svcs:"];

/** @returns the key of a name; with a finding, a key that is always absent */
export function resolveKey(name: string, path: string, { kind, findings }: Reading): ConditionKey {
  const known = findConditionKey(name);
  if (known !== undefined) return known;
  if (kind.otherServices || kind.trust) return otherKey(name);
  if (prefixes.some((prefix) => name.toLowerCase().startsWith(prefix))) {
    findings.warn(path, `the key ${shown(name)} is never in a request to a service${keySuggestion(name)}`);
  } else {
    findings.error(
      path,
      `unknown condition key ${shown(name)}${keySuggestion(name) || "; keys begin with `aws:` or `vpc-lattice-svcs:`"}`,
    );
  }
  return otherKey(name);
}
