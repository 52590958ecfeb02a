import type { NetworkSnapshot, ServiceSnapshot } from "@pergola/core";
import {
  type AuthContext,
  type Authorisation,
  authorise,
  type CompiledPolicy,
  compileAuthPolicy,
  compileIdentityPolicy,
  denialMessage,
  type ExplainedPolicy,
} from "@pergola/iam";
import type { ExplainedCaller } from "./find-caller.ts";

export interface ExplainedAuthorisation {
  readonly allowed: boolean;
  /** The text of the 403 answer. */
  readonly message?: string;
  readonly policies: readonly ExplainedPolicy[];
}

/** Decides as the data plane does, and has each policy say why, in the order network, service, identity. */
export function explainPolicies(
  service: ServiceSnapshot,
  network: NetworkSnapshot,
  caller: ExplainedCaller,
  context: AuthContext,
): ExplainedAuthorisation {
  const sides = [
    { side: "network", resource: network.arn, authType: network.authType, text: network.authPolicy },
    { side: "service", resource: service.arn, authType: service.authType, text: service.authPolicy },
  ] as const;
  const compiled = new Map(
    sides.map(({ side, text }) => [side, text === undefined ? undefined : compileAuthPolicy(text)]),
  );
  const identity = compileIdentity(caller);
  const of = (side: "network" | "service", authType: string) =>
    authType === "AWS_IAM" ? { policy: compiled.get(side) } : undefined;
  const authorisation = authorise(
    { network: of("network", network.authType), service: of("service", service.authType), identity },
    context,
  );
  const resourceSide = sides.map(({ side, resource, authType }): ExplainedPolicy => {
    if (authType === "NONE") return { side, resource, note: "auth type NONE: its policy is not evaluated" };
    const policy = compiled.get(side);
    if (policy === undefined) return { side, resource, note: "auth type AWS_IAM and no policy: everything is denied" };
    return { side, resource, explanation: policy.explain(context) };
  });
  const evaluated = network.authType === "AWS_IAM" || service.authType === "AWS_IAM";
  return {
    ...outcome(authorisation, context),
    policies: [...resourceSide, ...explainIdentity(caller, identity, evaluated, context)],
  };
}

function outcome(
  authorisation: Authorisation,
  context: AuthContext,
): Pick<ExplainedAuthorisation, "allowed" | "message"> {
  if (authorisation.allowed) return { allowed: true };
  return { allowed: false, message: denialMessage(context.principal, context, authorisation) };
}

interface CompiledIdentity {
  readonly policies: CompiledPolicy[];
  readonly boundary: CompiledPolicy | undefined;
  readonly session: CompiledPolicy[];
}

function compileIdentity({
  principal,
  identityPolicies,
  permissionBoundary,
  sessionPolicies,
}: ExplainedCaller): CompiledIdentity | undefined {
  if (principal.kind === "anonymous") return undefined;
  if (identityPolicies === undefined && permissionBoundary === undefined && sessionPolicies === undefined)
    return undefined;
  const compile = (texts: readonly string[] = []): CompiledPolicy[] => texts.map((text) => compileIdentityPolicy(text));
  return {
    policies: compile(identityPolicies),
    boundary: permissionBoundary === undefined ? undefined : compileIdentityPolicy(permissionBoundary),
    session: compile(sessionPolicies),
  };
}

function explainIdentity(
  { principal }: ExplainedCaller,
  identity: CompiledIdentity | undefined,
  evaluated: boolean,
  context: AuthContext,
): ExplainedPolicy[] {
  if (principal.kind === "anonymous") return [];
  const resource = principal.arn;
  if (!evaluated) return [{ side: "identity", resource, note: "no side has auth type AWS_IAM: not evaluated" }];
  if (identity === undefined)
    return [{ side: "identity", resource, note: "the caller's identity policies are not known: not evaluated" }];
  const { policies, boundary, session } = identity;
  const explain = (side: ExplainedPolicy["side"], policy: CompiledPolicy) => ({
    side,
    resource,
    explanation: policy.explain(context),
  });
  return [
    ...(policies.length === 0
      ? [{ side: "identity", resource, note: "no identity policy: nothing is allowed" } as const]
      : []),
    ...policies.map((policy) => explain("identity", policy)),
    ...(boundary === undefined ? [] : [explain("permission-boundary", boundary)]),
    ...session.map((policy) => explain("session", policy)),
  ];
}
