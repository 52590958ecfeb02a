import { type Findings, shown } from "./finding.ts";
import { suggestion } from "./nearest-name.ts";
import type { JsonNode, JsonObject } from "./policy-json.ts";
import type { PolicyKind } from "./policy-kind.ts";
import { readAction } from "./read-action.ts";
import { readConditions } from "./read-condition.ts";
import { readPrincipal } from "./read-principal.ts";
import { readResource } from "./read-resource.ts";
import type { Effect, Statement } from "./statement.ts";

/** What the readers of elements share. */
export interface Reading {
  readonly kind: PolicyKind;
  readonly findings: Findings;
  /** Policy variables exist: the document's version is 2012-10-17. */
  readonly variables: boolean;
}

export interface StatementReading extends Reading {
  /** Of the statements before; the statement's own is added. */
  readonly sids: Set<string>;
}

/** Every element that a statement may have, in the order in which the API gives them back. */
export const statementElements: readonly string[] = [
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
];

/** @returns the statement, or undefined when something essential is wrong with it (the findings then hold an error) */
export function readStatement(
  node: JsonNode,
  path: string,
  index: number,
  reading: StatementReading,
): Statement | undefined {
  const { findings } = reading;
  if (!(node instanceof Map)) {
    findings.error(path, "is no JSON object; write a statement");
    return undefined;
  }
  const json = node as JsonObject;
  const sid = readSid(json, path, reading);
  findings.sid = sid;
  try {
    for (const name of json.keys()) {
      if (statementElements.includes(name)) continue;
      findings.error(`${path}.${name}`, `unknown element ${shown(name)}${suggestion(name, statementElements)}`);
    }
    const effect = readEffect(json, path, findings);
    const principal = readPrincipal(json, path, reading);
    const action = readAction(json, path, reading);
    const resource = readResource(json, path, reading, action);
    const conditions = readConditions(json, path, reading, action);
    if (effect === undefined || action === undefined || resource === undefined || conditions === undefined)
      return undefined;
    if (reading.kind.hasPrincipal && principal === undefined) return undefined;
    const statement: Statement = {
      index,
      ...(sid === undefined ? {} : { sid }),
      effect,
      ...(principal === undefined ? {} : { principal }),
      action,
      resource,
      conditions,
    };
    warnOfPublicAccess(statement, path, findings);
    return statement;
  } finally {
    findings.sid = undefined;
  }
}

function readSid(json: JsonObject, path: string, { findings, sids }: StatementReading): string | undefined {
  const sid = json.get("Sid");
  if (sid === undefined) return undefined;
  if (typeof sid !== "string") {
    findings.error(`${path}.Sid`, "is no string; write one or leave it out");
    return undefined;
  }
  if (sid !== "" && sids.has(sid))
    findings.error(`${path}.Sid`, `${shown(sid)} is taken by a statement before; rename it`);
  sids.add(sid);
  return sid;
}

function readEffect(json: JsonObject, path: string, findings: Findings): Effect | undefined {
  const effect = json.get("Effect");
  if (effect === "Allow" || effect === "Deny") return effect;
  const problem = effect === undefined ? "is missing" : "has an unknown value";
  findings.error(`${path}.Effect`, `${problem}; write \`Allow\` or \`Deny\``);
  return undefined;
}

function warnOfPublicAccess(statement: Statement, path: string, findings: Findings): void {
  if (statement.effect !== "Allow" || statement.principal === undefined) return;
  const { principal } = statement;
  if (principal.negated) {
    findings.warn(
      `${path}.NotPrincipal`,
      "allows everyone who is not listed, anonymous callers too; name the callers in `Principal`",
    );
  } else if (principal.everyone && statement.conditions.length === 0) {
    findings.warn(
      `${path}.Principal`,
      "allows everyone, anonymous callers too; name the callers or add a `Condition` on `aws:PrincipalType`",
    );
  }
}
