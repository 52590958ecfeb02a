import { type ConditionKey, conditionKey, findConditionKey, keySuggestion } from "./condition-key.ts";
import { shown } from "./finding.ts";
import { PatternSyntaxError, parsePattern, type Template } from "./pattern.ts";
import type { Reading } from "./read-statement.ts";

export interface TemplateReading {
  readonly wildcards: boolean;
  readonly reading: Reading;
  /** False for operators whose values take no variables. */
  readonly takesVariables?: boolean;
}

/** @returns the parts of a policy value; undefined after an error */
export function readTemplate(
  text: string,
  path: string,
  { wildcards, reading, takesVariables = true }: TemplateReading,
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
      if (part.kind === "variable") checkVariable(part.key, path, reading);
    }
    return template;
  } catch (error) {
    if (!(error instanceof PatternSyntaxError)) throw error;
    findings.error(path, `${shown(text)}: ${error.message}`);
    return undefined;
  }
}

function checkVariable(name: string, path: string, reading: Reading): void {
  if (!checkedKey(name, path, reading).multivalued) return;
  reading.findings.warn(
    path,
    `the variable ${shown(name)} can have several values and never resolves; use a key with one`,
  );
}

/** Of services and of IAM itself; an auth policy sees only these two. */
const prefixes = ["aws:", "vpc-lattice-svcs:"];

/** @returns the key of a name; with a finding, a key that is always absent */
export function checkedKey(name: string, path: string, { kind, findings }: Reading): ConditionKey {
  const key = conditionKey(name);
  if (kind.otherServices || kind.trust || findConditionKey(name) !== undefined) return key;
  if (prefixes.some((prefix) => name.toLowerCase().startsWith(prefix))) {
    findings.warn(path, `the key ${shown(name)} is never in a request to a service${keySuggestion(name)}`);
  } else {
    findings.error(
      path,
      `unknown condition key ${shown(name)}${keySuggestion(name) || "; keys begin with `aws:` or `vpc-lattice-svcs:`"}`,
    );
  }
  return key;
}
