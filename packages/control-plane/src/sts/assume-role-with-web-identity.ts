import { compileTrustPolicy, type RoleIdentity, rolePrincipal, type WebIdentity, WebIdentityError } from "@pergola/iam";
import { required, text } from "../constraint.ts";
import { findRoleByArn } from "./find-role.ts";
import { issueSession } from "./issue-session.ts";
import {
  policyArns,
  requireSessionPolicy,
  roleArn,
  roleSessionName,
  sessionDuration,
  sessionPolicy,
} from "./session-members.ts";
import { assumeDenied, StsError, validationError } from "./sts-error.ts";
import { type StsContext, stsOperation } from "./sts-operation.ts";

const action = "sts:AssumeRoleWithWebIdentity";
const defaultSeconds = 3_600;

/** AssumeRoleWithWebIdentity: temporary credentials of a role for the holder of an OpenID Connect token. Needs no signature. */
export const assumeRoleWithWebIdentity = stsOperation(
  "none",
  {
    RoleArn: roleArn,
    RoleSessionName: roleSessionName,
    WebIdentityToken: required(text({ min: 4, max: 20_000 })),
    ProviderId: text({ min: 4, max: 2048 }),
    Policy: sessionPolicy,
    PolicyArns: policyArns,
    DurationSeconds: sessionDuration(43_200),
  },
  async (input, context) => {
    requireSessionPolicy(input.Policy);
    const identity = await verify(input.WebIdentityToken, context);
    const role = await findRoleByArn(context, input.RoleArn);
    if (role === undefined || !trusts(role, identity, input.RoleSessionName, context)) {
      throw assumeDenied("web identity", action, input.RoleArn);
    }
    const seconds = input.DurationSeconds ?? Math.min(defaultSeconds, role.maxSessionSeconds);
    if (seconds > role.maxSessionSeconds)
      throw validationError(`DurationSeconds: must be at most ${role.maxSessionSeconds} for this role`);
    const principal = rolePrincipal(role, input.RoleSessionName, {});
    const Credentials = issueSession(context, {
      principal,
      issuer: role.arn,
      issuerId: role.uniqueId,
      seconds,
      sessionPolicy: input.Policy,
    });
    return {
      Credentials,
      AssumedRoleUser: { AssumedRoleId: principal.userId, Arn: principal.arn },
      SubjectFromWebIdentityToken: identity.subject,
      Provider: identity.provider,
      Audience: identity.audience[0],
    };
  },
);

const errorCodes = {
  invalid: "InvalidIdentityToken",
  expired: "ExpiredTokenException",
  unreachable: "IDPCommunicationError",
} as const;

async function verify(token: string, { ports, now }: StsContext): Promise<WebIdentity> {
  if (ports.webIdentity === undefined) {
    throw new StsError(
      "InvalidIdentityToken",
      400,
      "no OpenID Connect provider is configured; add one to `oidcProviders` in pergola.json",
    );
  }
  try {
    return await ports.webIdentity(token, now);
  } catch (error) {
    if (!(error instanceof WebIdentityError)) throw error;
    throw new StsError(errorCodes[error.reason], 400, error.message, { cause: error });
  }
}

function trusts(
  role: RoleIdentity,
  identity: WebIdentity,
  sessionName: string,
  { now, sourceIp }: StsContext,
): boolean {
  const { provider, subject, audience, claims } = identity;
  const partition = role.arn.split(":")[1] ?? "aws";
  const keys: Record<string, string | readonly string[]> = {
    "sts:rolesessionname": sessionName,
    [`${provider.toLowerCase()}:sub`]: subject,
    [`${provider.toLowerCase()}:aud`]: audience,
    ...(typeof claims.amr === "string" ? { [`${provider.toLowerCase()}:amr`]: claims.amr } : {}),
  };
  const caller = {
    kind: "web-identity",
    provider: `arn:${partition}:iam::${role.account}:oidc-provider/${provider}`,
  } as const;
  return (
    compileTrustPolicy(role.trustPolicy).decide({ caller, action, roleArn: role.arn, keys, sourceIp, now }) === "Allow"
  );
}
