import type { Statement } from "./scenario.ts";

const attributes: Readonly<Record<string, string>> = {
  "vpc-lattice-svcs:RequestMethod": "method",
  "vpc-lattice-svcs:SourceVpc": "sourceVpc",
  "aws:PrincipalOrgID": "orgId",
  "aws:PrincipalTag/team": "team",
  "vpc-lattice-svcs:RequestHeader/x-tenant": "tenant",
};

const quoted = (text: string): string => JSON.stringify(text);
const list = (value: string | readonly string[]): readonly string[] => (typeof value === "string" ? [value] : value);

/** @returns the scenario's statements as Cedar policies, one for each */
export function toCedar(statements: readonly Statement[]): string {
  return statements.map(policy).join("\n");
}

function policy({ Sid, Effect, Principal, Resource, Condition }: Statement): string {
  const conditions: string[] = [];
  if (Principal !== "*") {
    const roles = list(Principal.AWS).map((arn) => `Role::${quoted(arn)}`);
    conditions.push(`[${roles.join(", ")}].contains(principal)`);
  }
  if (Resource !== "*") conditions.push(like("context.resource", list(Resource)));
  for (const [operator, keys] of Object.entries(Condition)) {
    for (const [key, value] of Object.entries(keys)) conditions.push(condition(operator, key, list(value)));
  }
  return `@id(${quoted(Sid)})
${Effect === "Deny" ? "forbid" : "permit"}(principal, action, resource) when { ${conditions.join(" && ")} };`;
}

function condition(operator: string, key: string, values: readonly string[]): string {
  const attribute = `context.${attributes[key] ?? fail(key)}`;
  if (operator === "StringLike") return like(attribute, values);
  const contains = `[${values.map(quoted).join(", ")}].contains(${attribute})`;
  return operator.startsWith("StringNotEquals") ? `!${contains}` : contains;
}

function like(attribute: string, patterns: readonly string[]): string {
  return `(${patterns.map((pattern) => `${attribute} like ${quoted(pattern)}`).join(" || ")})`;
}

function fail(key: string): never {
  throw new Error(`the scenario has no attribute for \`${key}\``);
}
