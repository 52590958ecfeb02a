import { resourceArn } from "@pergola/core";
import { parseJson } from "@pergola/iam";
import { policyFaults } from "../resource-policies/policy-faults.ts";
import type { SharedKind } from "../resource-policies/shared-resource.ts";
import type { PermissionVersion } from "./permission.ts";
import { RamError } from "./ram-error.ts";

/** Stands for whoever gets the permission, and for what, while a template is checked. */
const somebody = "000000000000";
const place = { account: somebody, region: "us-east-1" };
const members = ["Effect", "Action", "Condition"];
/** They say whom a share is for: its principals do. */
const reserved = new Set(["aws:principalorgid", "aws:principalorgpaths"]);

/**
 * Reads the template of a permission: a statement that allows, without principal and resource.
 * @throws RamError MalformedPolicyTemplateException with what is wrong
 */
export function readTemplate(
  kind: SharedKind,
  template: string,
): Pick<PermissionVersion, "template" | "actions" | "condition"> {
  const statement = parse(template);
  const unknown = Object.keys(statement).find((name) => !members.includes(name));
  if (unknown !== undefined) throw malformed(`\`${unknown}\` is not an element here; there are ${members.join(", ")}`);
  const { Effect, Action, Condition } = statement;
  const arn = resourceArn(place, kind, `${kind}-00000000000000000`);
  const whole = {
    Effect,
    Principal: { AWS: somebody },
    Action,
    Resource: arn,
    ...(Condition === undefined ? {} : { Condition }),
  };
  const [fault] = policyFaults(JSON.stringify({ Version: "2012-10-17", Statement: whole }), kind, arn);
  if (fault !== undefined)
    throw malformed(
      `${fault.name.replace("policy.Statement.", "").replace("policy.Statement[0].", "")}: ${fault.message}`,
    );
  const condition = Condition as PermissionVersion["condition"];
  const keys = Object.values(condition ?? {}).flatMap((operands) => Object.keys(operands));
  const key = keys.find((one) => reserved.has(one.toLowerCase()));
  if (key !== undefined) throw malformed(`Condition: \`${key}\` is for the principals of the share to say`);
  return {
    template,
    actions: typeof Action === "string" ? [Action] : (Action as readonly string[]),
    ...(condition === undefined ? {} : { condition }),
  };
}

function parse(template: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    const [twice] = parseJson(template).duplicates;
    if (twice !== undefined) throw malformed(`\`${twice}\` must occur once in its object`);
    value = JSON.parse(template);
  } catch (error) {
    if (error instanceof RamError) throw error;
    throw malformed("it is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed("it is no JSON object");
  return value as Readonly<Record<string, unknown>>;
}

function malformed(what: string): RamError {
  return new RamError("MalformedPolicyTemplateException", `policyTemplate: ${what}`);
}
