import { invalidFields } from "@pergola/core";
import {
  anonymous,
  type CallerKnowledge,
  type Credential,
  type Principal,
  parsePrincipalArn,
  type RoleIdentity,
  rolePrincipal,
  type UserIdentity,
  userPrincipal,
} from "@pergola/iam";
import { roleKey, userKey } from "../identities/identity-keys.ts";
import type { OperationContext } from "../operation.ts";

/** Who is asked about, and the policies on the caller's side as far as they are known. */
export interface ExplainedCaller
  extends Partial<Pick<Credential, "identityPolicies" | "permissionBoundary" | "sessionPolicies">> {
  readonly principal: Principal;
  readonly known: CallerKnowledge;
}

/**
 * @param text `anonymous`, or the ARN of a user, role, session, federated user or account root; a role stands for a session of it
 * @throws LatticeError ValidationException
 */
export async function findCaller(context: OperationContext, text: string): Promise<ExplainedCaller> {
  if (text === "anonymous") return { principal: anonymous, known: "anonymous" };
  const configured = context.identities.findIdentity(text);
  if (configured !== undefined)
    return { ...policiesOf(configured), principal: configured.principal, known: "identity" };
  const role = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]{1,64})$/.exec(text);
  const session = /^arn:aws[a-z-]*:sts::(\d{12}):assumed-role\/([\w+=,.@-]{1,64})\/([\w+=,.@-]{2,64})$/.exec(text);
  if (role !== null) return sessionOf(context, text, role[1] ?? "", role[2] ?? "", "explain");
  if (session !== null) return sessionOf(context, text, session[1] ?? "", session[2] ?? "", session[3] ?? "");
  const principal = parsePrincipalArn(text);
  if (principal === undefined)
    throw invalidFields([{ name: "as", message: "must be `anonymous` or the ARN of a user, role or session" }]);
  const user =
    principal.username === undefined
      ? undefined
      : await context.tx.get<UserIdentity>(userKey(principal.account, principal.username));
  if (user?.arn === text) return { ...policiesOf(user), principal: userPrincipal(user), known: "identity" };
  return { principal: { ...principal, tags: {} }, known: "arn-only" };
}

async function sessionOf(
  context: OperationContext,
  text: string,
  account: string,
  name: string,
  sessionName: string,
): Promise<ExplainedCaller> {
  const role = await context.tx.get<RoleIdentity>(roleKey(account, name));
  if (role !== undefined && (role.arn === text || text.includes(":assumed-role/"))) {
    return { ...policiesOf(role), principal: rolePrincipal(role, sessionName, {}), known: "identity" };
  }
  const partition = text.split(":")[1] ?? "aws";
  const arn = text.includes(":assumed-role/")
    ? text
    : `arn:${partition}:sts::${account}:assumed-role/${name}/${sessionName}`;
  const roleArn = text.includes(":role/") ? text : `arn:${partition}:iam::${account}:role/${name}`;
  return {
    principal: { kind: "aws", type: "AssumedRole", arn, account, roleArn, sessionName, tags: {} },
    known: "arn-only",
  };
}

type Policied = Partial<Pick<Credential, "identityPolicies" | "permissionBoundary" | "sessionPolicies">>;

function policiesOf({ identityPolicies, permissionBoundary, sessionPolicies }: Policied): Policied {
  return {
    ...(identityPolicies === undefined ? {} : { identityPolicies }),
    ...(permissionBoundary === undefined ? {} : { permissionBoundary }),
    ...(sessionPolicies === undefined ? {} : { sessionPolicies }),
  };
}
