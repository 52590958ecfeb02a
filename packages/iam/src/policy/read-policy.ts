import { Findings, shown } from "./finding.ts";
import { suggestion } from "./nearest-name.ts";
import { type JsonNode, type JsonObject, JsonSyntaxError, type ParsedJson, parseJson } from "./policy-json.ts";
import type { PolicyKind } from "./policy-kind.ts";
import { readStatement } from "./read-statement.ts";
import type { Policy, Statement } from "./statement.ts";

export interface ReadPolicy {
  readonly findings: Findings;
  /** The document as JSON, when it is an object. */
  readonly json?: JsonObject;
  /** Present when there is no error. */
  readonly policy?: Policy;
}

const elements = ["Version", "Id", "Statement"];
const versions = ["2008-10-17", "2012-10-17"];
/** A policy of 36,864 bytes, the most that the API's model has, holds at most 600 statements that say anything. */
const maxStatements = 600;

/** Reads a policy and finds all that is wrong with it; never throws, whatever the text. */
export function readPolicy(text: string, kind: PolicyKind): ReadPolicy {
  const findings = new Findings();
  const bytes = Buffer.byteLength(text);
  if (bytes > kind.maxBytes) {
    findings.error("", `policy of ${bytes} bytes is too large; at most ${kind.maxBytes} bytes`);
    return { findings };
  }
  const parsed = parseDocument(text, findings);
  if (parsed === undefined) return { findings };
  for (const path of parsed.duplicates) findings.error(path, "occurs twice in its object; keep one");
  if (!(parsed.value instanceof Map)) {
    findings.error("", 'policy is no JSON object; write `{"Version":"2012-10-17","Statement":[…]}`');
    return { findings };
  }
  const json = parsed.value as JsonObject;
  const statements = readDocument(json, kind, findings);
  return findings.failed ? { findings, json } : { findings, json, policy: { statements } };
}

function parseDocument(text: string, findings: Findings): ParsedJson | undefined {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    findings.error("", error.message);
    return undefined;
  }
}

function readDocument(json: JsonObject, kind: PolicyKind, findings: Findings): Statement[] {
  for (const name of json.keys()) {
    if (!elements.includes(name)) findings.error(name, `unknown element ${shown(name)}${suggestion(name, elements)}`);
  }
  const version = json.get("Version") ?? "2008-10-17";
  if (typeof version !== "string" || !versions.includes(version)) {
    findings.error("Version", "unknown version; write `2012-10-17`");
  }
  const id = json.get("Id");
  if (id !== undefined && typeof id !== "string") findings.error("Id", "is no string; write one or leave it out");
  const variables = version === "2012-10-17";
  const statements: Statement[] = [];
  const sids = new Set<string>();
  for (const [path, node] of statementNodes(json, findings)) {
    const statement = readStatement(node, path, statements.length, { kind, findings, variables, sids });
    if (statement !== undefined) statements.push(statement);
  }
  return statements;
}

function statementNodes(json: JsonObject, findings: Findings): readonly (readonly [string, JsonNode])[] {
  const node = json.get("Statement");
  if (node === undefined) findings.error("Statement", "is missing; write a list of statements");
  else if (node instanceof Map) return [["Statement", node]];
  else if (!Array.isArray(node)) findings.error("Statement", "is neither a statement nor a list; write `[{…}]`");
  else if (node.length === 0) findings.error("Statement", "is an empty list; a policy needs a statement");
  else if (node.length > maxStatements) {
    findings.error("Statement", `has ${node.length} statements; at most ${maxStatements}`);
  } else return node.map((item, i) => [`Statement[${i}]`, item] as const);
  return [];
}
