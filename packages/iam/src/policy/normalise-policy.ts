import { PolicyError } from "./finding.ts";
import { type JsonNode, type JsonObject, printJson } from "./policy-json.ts";
import { authPolicyKind, type PolicyLimits } from "./policy-kind.ts";
import { readPolicy } from "./read-policy.ts";
import { statementElements } from "./read-statement.ts";

const documentOrder = ["Version", "Id", "Statement"];

/**
 * The form in which the API gives a policy back: compact, `Version` present, `Statement` a list, elements in a fixed order; lists
 * of one and single values stay as they are. Source: observed answers of PutAuthPolicy, read 2026-11.
 * @throws PolicyError when the policy has errors
 */
export function normaliseAuthPolicy(text: string, limits?: PolicyLimits): string {
  const { json, findings } = readPolicy(text, authPolicyKind(limits));
  if (json === undefined || findings.failed) throw new PolicyError(findings.list);
  const statement = json.get("Statement");
  const statements = (Array.isArray(statement) ? statement : [statement]) as JsonObject[];
  const document = new Map<string, JsonNode>(json);
  if (!document.has("Version")) document.set("Version", "2008-10-17");
  document.set(
    "Statement",
    statements.map((one) => ordered(one, statementElements)),
  );
  return printJson(ordered(document, documentOrder));
}

function ordered(object: JsonObject, order: readonly string[]): JsonObject {
  return new Map(order.flatMap((name) => (object.has(name) ? [[name, object.get(name) as JsonNode] as const] : [])));
}
