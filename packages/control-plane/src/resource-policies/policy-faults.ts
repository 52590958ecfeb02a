import type { FieldError } from "@pergola/core";
import {
  compileSharingPolicy,
  type JsonNode,
  type JsonObject,
  JsonSyntaxError,
  PolicyError,
  type PolicyFinding,
  parseJson,
} from "@pergola/iam";
import { sharedActions } from "./shared-actions.ts";
import type { SharedKind } from "./shared-resource.ts";

type Report = (path: string, message: string) => void;

const maxStatements = 100;
const maxFaults = 20;

/**
 * Checks the text of a resource policy. It shares one resource, so it only allows, and only this one: whatever else IAM's grammar
 * has is refused.
 * @returns what is wrong, with paths such as `policy.Statement[0].Action`; at most 20 faults
 */
export function policyFaults(policy: string, kind: SharedKind, arn: string): FieldError[] {
  const faults: FieldError[] = [];
  const report: Report = (path, message) => {
    if (faults.length < maxFaults) faults.push({ name: path === "" ? "policy" : `policy.${path}`, message });
  };
  const document = readDocument(policy, report);
  if (document === undefined) return faults;
  requireMembers(document, "", ["Version", "Id", "Statement"], report);
  const version = document.get("Version");
  if (version !== undefined && version !== "2012-10-17" && version !== "2008-10-17") {
    report("Version", "must be `2012-10-17`");
  }
  const node = document.get("Statement");
  const statements: readonly JsonNode[] = node === undefined ? [] : Array.isArray(node) ? node : [node as JsonNode];
  if (statements.length < 1 || statements.length > maxStatements) {
    report("Statement", `must hold 1 to ${maxStatements} statements`);
  } else for (const [index, statement] of statements.entries()) checkStatement(statement, index, kind, arn, report);
  if (faults.length === 0) for (const { path, message } of engineFindings(policy, kind)) report(path, message);
  return faults;
}

/** What the policy engine could not evaluate would share with nobody. */
function engineFindings(policy: string, kind: SharedKind): readonly PolicyFinding[] {
  try {
    compileSharingPolicy(policy, sharedActions[kind]);
    return [];
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return error.findings.filter(({ severity }) => severity === "error");
  }
}

function readDocument(policy: string, report: Report): JsonObject | undefined {
  try {
    const { value, duplicates } = parseJson(policy);
    for (const path of duplicates) report(path, "must occur once in its object");
    if (isObject(value)) return value;
    report("", 'must be a JSON object such as `{"Version":"2012-10-17","Statement":[…]}`');
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    report("", error.message);
  }
  return undefined;
}

function checkStatement(node: JsonNode, index: number, kind: SharedKind, arn: string, report: Report): void {
  const path = `Statement[${index}]`;
  if (!isObject(node)) {
    report(path, "must be a JSON object");
    return;
  }
  requireMembers(node, path, ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"], report);
  if (node.get("Effect") !== "Allow") report(`${path}.Effect`, "must be `Allow`: a resource policy shares");
  checkPrincipal(node.get("Principal"), node.has("Condition"), `${path}.Principal`, report);
  const allowed: readonly string[] = sharedActions[kind];
  const actions = texts(node.get("Action"));
  if (actions.length === 0) report(`${path}.Action`, "must name an action");
  for (const action of actions) {
    if (!allowed.includes(action))
      report(`${path}.Action`, `must be among ${allowed.join(", ")}, \`${action}\` is not`);
  }
  const resources = texts(node.get("Resource"));
  if (resources.length === 0 || resources.some((resource) => resource !== arn)) {
    report(`${path}.Resource`, `must be \`${arn}\``);
  }
  checkCondition(node.get("Condition"), `${path}.Condition`, report);
}

const principal = /^(?:[0-9]{12}|arn:aws[a-z-]{0,32}:iam::[0-9]{12}:(?:root|(?:user|role)\/[\w+=,.@/-]{1,512}))$/;

function checkPrincipal(node: JsonNode | undefined, hasCondition: boolean, path: string, report: Report): void {
  const form = 'must be `{"AWS":…}` with account ids or ARNs of accounts, users or roles';
  const everyone = node === "*" || (isObject(node) && node.size === 1 && node.get("AWS") === "*");
  if (everyone) {
    // To everyone there is means to whole organizations: only a condition can say to which.
    if (!hasCondition) report(path, "must not be `*` without a `Condition` such as `aws:PrincipalOrgID`");
    return;
  }
  const named = isObject(node) && node.size === 1 ? texts(node.get("AWS")) : [];
  if (named.length === 0 || named.some((one) => !principal.test(one))) report(path, form);
}

function checkCondition(node: JsonNode | undefined, path: string, report: Report): void {
  if (node === undefined) return;
  const operators = isObject(node) ? [...node] : [];
  if (operators.length === 0) report(path, "must be an object of condition operators, or be left out");
  for (const [operator, keys] of operators) {
    const entries = isObject(keys) ? [...keys] : [];
    const isGood = entries.length > 0 && entries.every(([, values]) => texts(values).length > 0);
    if (!isGood) report(`${path}.${operator}`, "must be an object of condition keys with a text or list of texts each");
  }
}

function requireMembers(object: JsonObject, path: string, known: readonly string[], report: Report): void {
  for (const name of object.keys()) {
    if (!known.includes(name)) {
      report(path === "" ? name : `${path}.${name}`, `is not an element here; there are ${known.join(", ")}`);
    }
  }
}

/** @returns a text or a list of texts as a list; empty for anything else */
function texts(node: JsonNode | undefined): readonly string[] {
  if (typeof node === "string") return [node];
  return Array.isArray(node) && node.every((item) => typeof item === "string") ? node : [];
}

function isObject(node: JsonNode | undefined): node is JsonObject {
  return node instanceof Map;
}
