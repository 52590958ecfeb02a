import {
  type AuthContext,
  type Credential,
  compileIdentityPolicy,
  compileTrustPolicy,
  openSession,
  type PolicyDecision,
  type RoleIdentity,
  rolePrincipal,
  type StsAction,
  trustContext,
} from "@pergola/iam";
import { text } from "../constraint.ts";
import { findRoleByArn } from "./find-role.ts";
import { issueSession } from "./issue-session.ts";
import {
  policyArns,
  requireSessionPolicy,
  roleArn,
  roleSessionName,
  sessionDuration,
  sessionPolicy,
  sessionTags,
  tagsByKey,
  transitiveTagKeys,
} from "./session-members.ts";
import { assumeDenied, StsError, validationError } from "./sts-error.ts";
import { type StsContext, stsOperation } from "./sts-operation.ts";

const defaultSeconds = 3_600;
/** A role assumed by a role's session. Source: IAM user guide, role chaining, read 2026-11. */
const maxChainedSeconds = 3_600;

/** AssumeRole: temporary credentials of a role for those whom its trust policy allows. */
export const assumeRole = stsOperation(
  "required",
  {
    RoleArn: roleArn,
    RoleSessionName: roleSessionName,
    Policy: sessionPolicy,
    PolicyArns: policyArns,
    DurationSeconds: sessionDuration(43_200),
    Tags: sessionTags,
    TransitiveTagKeys: transitiveTagKeys,
    ExternalId: text({ min: 2, max: 1224, pattern: /^[\w+=,.@:/-]+$/, form: "letters, digits and _ + = , . @ : / -" }),
    SourceIdentity: text({ min: 2, max: 64, pattern: /^[\w+=,.@-]+$/, form: "letters, digits and _ + = , . @ -" }),
  },
  async (input, context) => {
    const { credential } = context;
    if (credential === undefined) throw assumeDenied("anonymous", "sts:AssumeRole", input.RoleArn);
    requireSessionPolicy(input.Policy);
    const requested = tagsByKey(input.Tags);
    const inherited = inheritedTags(context, credential);
    const role = await findRoleByArn(context, input.RoleArn);
    const keys = trustKeys(
      input.RoleSessionName,
      requested,
      input.TransitiveTagKeys,
      input.ExternalId,
      input.SourceIdentity,
    );
    if (role === undefined || !trusts(role, credential, keys, context)) {
      throw assumeDenied(credential.principal.arn, "sts:AssumeRole", input.RoleArn);
    }
    const chained = credential.principal.type === "AssumedRole";
    const seconds = durationOf(input.DurationSeconds, role, chained);
    const transitive = transitiveOf(input.TransitiveTagKeys ?? [], requested, inherited);
    const principal = rolePrincipal(role, input.RoleSessionName, { ...requested, ...inherited });
    const session = {
      principal,
      issuer: role.arn,
      issuerId: role.uniqueId,
      seconds,
      sessionPolicy: input.Policy,
      transitiveTagKeys: transitive,
      chained,
    };
    const Credentials = issueSession(context, session);
    return {
      Credentials,
      AssumedRoleUser: { AssumedRoleId: principal.userId, Arn: principal.arn },
      SourceIdentity: input.SourceIdentity,
    };
  },
);

function durationOf(seconds: number | undefined, role: RoleIdentity, chained: boolean): number {
  const max = chained ? Math.min(maxChainedSeconds, role.maxSessionSeconds) : role.maxSessionSeconds;
  if (seconds === undefined) return Math.min(defaultSeconds, max);
  if (seconds > max)
    throw validationError(
      `DurationSeconds: must be at most ${max} for this role${chained ? " assumed from a session" : ""}`,
    );
  return seconds;
}

/** Tags that the calling session hands on. They cannot be overridden: whoever set them meant them for the whole chain. */
function inheritedTags({ ports }: StsContext, { sessionToken, principal }: Credential): Record<string, string> {
  const claims = sessionToken === undefined ? undefined : openSession(ports.keyring(), sessionToken);
  const keys = new Set(claims?.transitiveTagKeys ?? []);
  return Object.fromEntries(Object.entries(principal.tags).filter(([key]) => keys.has(key)));
}

function transitiveOf(
  keys: readonly string[],
  requested: Readonly<Record<string, string>>,
  inherited: Readonly<Record<string, string>>,
): string[] {
  for (const key of Object.keys(requested)) {
    if (Object.keys(inherited).some((other) => other.toLowerCase() === key.toLowerCase())) {
      throw new StsError(
        "InvalidParameterValue",
        400,
        `the tag \`${key}\` is transitive in the calling session and cannot be set again`,
      );
    }
  }
  const missing = keys.filter((key) => !(key in requested));
  if (missing.length > 0) throw validationError(`TransitiveTagKeys: no tag in Tags has the key \`${missing[0]}\``);
  return [...new Set([...Object.keys(inherited), ...keys])];
}

function trustKeys(
  sessionName: string,
  tags: Readonly<Record<string, string>>,
  transitive: readonly string[] | undefined,
  externalId: string | undefined,
  sourceIdentity: string | undefined,
): Record<string, string | readonly string[]> {
  const tagKeys = Object.keys(tags);
  return {
    "sts:rolesessionname": sessionName,
    ...(externalId === undefined ? {} : { "sts:externalid": externalId }),
    ...(sourceIdentity === undefined ? {} : { "sts:sourceidentity": sourceIdentity }),
    ...(transitive === undefined ? {} : { "sts:transitivetagkeys": transitive }),
    ...(tagKeys.length === 0 ? {} : { "aws:tagkeys": tagKeys }),
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:requesttag/${key.toLowerCase()}`, value])),
  };
}

/**
 * Both sides have to agree: the role's trust policy, and the caller's identity policies where they are known. A session that sets
 * tags needs sts:TagSession too.
 */
function trusts(
  role: RoleIdentity,
  caller: Credential,
  keys: Readonly<Record<string, string | readonly string[]>>,
  { now, sourceIp }: StsContext,
): boolean {
  const policy = compileTrustPolicy(role.trustPolicy);
  const actions: readonly StsAction[] =
    "aws:tagkeys" in keys ? ["sts:AssumeRole", "sts:TagSession"] : ["sts:AssumeRole"];
  return actions.every((action) => {
    const request = { caller: caller.principal, action, roleArn: role.arn, keys, sourceIp, now };
    return policy.decide(request) === "Allow" && identityAllows(caller, trustContext(request));
  });
}

function identityAllows(
  { identityPolicies, permissionBoundary, sessionPolicies }: Credential,
  context: AuthContext,
): boolean {
  const decisions = (texts: readonly string[]): PolicyDecision[] =>
    texts.map((text) => compileIdentityPolicy(text).decide(context));
  const allows = (texts: readonly string[] | undefined): boolean => {
    if (texts === undefined) return true;
    const all = decisions(texts);
    return all.includes("Allow") && !all.includes("ExplicitDeny");
  };
  const boundary = permissionBoundary === undefined ? undefined : [permissionBoundary];
  return allows(identityPolicies) && allows(boundary) && allows(sessionPolicies);
}
