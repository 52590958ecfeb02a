import type { ConditionKey } from "./condition-key.ts";
import { shown } from "./finding.ts";
import { parseBoolean } from "./operators/bool.ts";
import { findOperator, type OperatorUse, operatorProblem } from "./operators/operators.ts";
import { staticPattern, type Template } from "./pattern.ts";
import { type JsonNode, JsonNumber, type JsonObject } from "./policy-json.ts";
import type { Reading } from "./read-statement.ts";
import { checkedKey, readTemplate } from "./read-template.ts";
import type { ActionElement, Condition } from "./statement.ts";

/** @returns the conditions of a statement, none when it has no `Condition`; undefined after an error in its shape */
export function readConditions(
  json: JsonObject,
  path: string,
  reading: Reading,
  action: ActionElement | undefined,
): readonly Condition[] | undefined {
  const node = json.get("Condition");
  if (node === undefined) return [];
  const conditionPath = `${path}.Condition`;
  if (!(node instanceof Map)) {
    reading.findings.error(conditionPath, 'is no object; write `{"StringEquals":{"aws:PrincipalOrgID":"o-…"}}`');
    return undefined;
  }
  const conditions: Condition[] = [];
  for (const [name, block] of node as JsonObject) {
    const operatorPath = `${conditionPath}.${name}`;
    const use = findOperator(name);
    if (use === undefined) reading.findings.error(operatorPath, operatorProblem(name));
    if (!(block instanceof Map) || block.size === 0) {
      reading.findings.error(operatorPath, 'is no object with keys; write `{"aws:SourceIp":"10.0.0.0/8"}`');
      continue;
    }
    if (use === undefined) continue;
    for (const [keyName, value] of block as JsonObject) {
      const condition = readCondition(name, use, keyName, value, operatorPath, reading, action);
      if (condition === undefined) continue;
      conditions.push(condition);
    }
  }
  return conditions;
}

function readCondition(
  operatorName: string,
  use: OperatorUse,
  keyName: string,
  node: JsonNode,
  operatorPath: string,
  reading: Reading,
  action: ActionElement | undefined,
): Condition | undefined {
  const path = `${operatorPath}.${keyName}`;
  const key = checkedKey(keyName, path, reading);
  const values = readValues(node, path, reading);
  if (values === undefined) return undefined;
  const templates: Template[] = [];
  for (const value of values) {
    const template = readValue(value, use, path, reading);
    if (template !== undefined) templates.push(template);
  }
  if (templates.length < values.length) return undefined;
  warnOfKey(use, key, path, reading, action);
  return { operatorName, keyName, values, templates };
}

function readValues(node: JsonNode, path: string, { findings }: Reading): readonly string[] | undefined {
  const nodes = Array.isArray(node) ? node : [node];
  const values = nodes.map((item) => {
    if (item instanceof JsonNumber) return item.source;
    return typeof item === "boolean" ? String(item) : item;
  });
  if (values.length > 0 && values.every((value) => typeof value === "string")) return values;
  findings.error(path, "is neither a value nor a list of values; write at least one string, number or boolean");
  return undefined;
}

function readValue(value: string, { operator }: OperatorUse, path: string, reading: Reading): Template | undefined {
  if (operator === "Null") {
    if (parseBoolean(value) !== undefined) return [{ kind: "text", text: value }];
    reading.findings.error(path, `${shown(value)} is no boolean; write \`true\` for an absent key or \`false\``);
    return undefined;
  }
  const { wildcards, variables: takesVariables } = operator;
  const template = readTemplate(value, path, { wildcards, reading, takesVariables });
  const pattern = template === undefined ? undefined : staticPattern(template);
  const problem = pattern === undefined ? undefined : operator.problem(pattern);
  if (problem === undefined) return template;
  reading.findings.error(path, `${shown(value)} ${problem}`);
  return undefined;
}

function warnOfKey(
  use: OperatorUse,
  key: ConditionKey,
  path: string,
  { kind, findings }: Reading,
  action: ActionElement | undefined,
): void {
  if (kind.otherServices) return;
  if (!key.connect && action?.matches.includes("vpc-lattice-svcs:Invoke") === false) {
    findings.warn(
      path,
      `the key ${shown(key.name)} never exists for \`vpc-lattice-svcs:Connect\`; TLS passthrough has no HTTP request`,
    );
  }
  if (use.operator === "Null") return;
  if (key.multivalued && use.set === undefined) {
    findings.warn(
      path,
      `the key ${shown(key.name)} can have several values; use \`ForAnyValue:\` or \`ForAllValues:\``,
    );
  }
}
