import type { AuthContext, PolicyDecision } from "../auth-context.ts";
import type { Principal } from "../principal.ts";
import type { DecidingPolicy } from "./compiled-policy.ts";
import { otherReadings } from "./request-readings.ts";

/** Whose policy denied: the word of the access log's `authDeniedReason`. */
export type DeniedBy = "Network" | "Service" | "Identity";

export type Authorisation =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly deniedBy: DeniedBy; readonly explicit: boolean };

export interface IdentityPolicies {
  /** Those of the caller; one of them has to allow. */
  readonly policies: readonly DecidingPolicy[];
  /** Where there is one it has to allow too. */
  readonly boundary?: DecidingPolicy | undefined;
  /** Where there are any, one of them has to allow too. */
  readonly session?: readonly DecidingPolicy[] | undefined;
}

/** The policies that a request has to pass. */
export interface Policies {
  /** Present exactly when the network's auth type is AWS_IAM; an undefined policy then denies. */
  readonly network?: { readonly policy: DecidingPolicy | undefined } | undefined;
  /** Present exactly when the service's auth type is AWS_IAM. */
  readonly service?: { readonly policy: DecidingPolicy | undefined } | undefined;
  /** Present for signed callers whose identity policies are known. */
  readonly identity?: IdentityPolicies | undefined;
}

const allowed: Authorisation = { allowed: true };
const denied: Readonly<Record<DeniedBy, { readonly explicit: Authorisation; readonly implicit: Authorisation }>> = {
  Network: denials("Network"),
  Service: denials("Service"),
  Identity: denials("Identity"),
};

function denials(deniedBy: DeniedBy): { explicit: Authorisation; implicit: Authorisation } {
  return {
    explicit: { allowed: false, deniedBy, explicit: true },
    implicit: { allowed: false, deniedBy, explicit: false },
  };
}

/**
 * Combines the sides: a Deny anywhere wins, else each side that is present has to allow. Without network and service side there
 * is nothing to authorise. Denials are told in the order network, service, identity, explicit ones first. What is allowed as
 * written must not be denied as a target may read it: see docs/request-reading.md.
 * Source: VPC Lattice user guide, "Auth policies", read 2026-11.
 */
export function authorise(policies: Policies, context: AuthContext): Authorisation {
  if (policies.network === undefined && policies.service === undefined) return allowed;
  const asWritten = decide(policies, context);
  if (!asWritten.allowed) return asWritten;
  const readings = otherReadings(context);
  if (readings === undefined) return denied[policies.network === undefined ? "Service" : "Network"].implicit;
  for (const { context: reading, mustBeAllowed } of readings) {
    const decision = decide(policies, reading);
    if (!decision.allowed && (mustBeAllowed || decision.explicit)) return decision;
  }
  return allowed;
}

function decide({ network, service, identity }: Policies, context: AuthContext): Authorisation {
  const byNetwork = sideDecision(network, context);
  if (byNetwork === "ExplicitDeny") return denied.Network.explicit;
  const byService = sideDecision(service, context);
  if (byService === "ExplicitDeny") return denied.Service.explicit;
  const byIdentity = context.principal.kind === "aws" ? identityDecision(identity, context) : "Allow";
  if (byIdentity === "ExplicitDeny") return denied.Identity.explicit;
  if (byNetwork !== "Allow") return denied.Network.implicit;
  if (byService !== "Allow") return denied.Service.implicit;
  return byIdentity === "Allow" ? allowed : denied.Identity.implicit;
}

function sideDecision(side: Policies["network"], context: AuthContext): PolicyDecision {
  if (side === undefined) return "Allow";
  return side.policy === undefined ? "ImplicitDeny" : side.policy.decide(context);
}

/** Source: IAM user guide, "Policy evaluation logic" (boundaries and session policies intersect), read 2026-11. */
function identityDecision(identity: IdentityPolicies | undefined, context: AuthContext): PolicyDecision {
  if (identity === undefined) return "Allow";
  const { policies, boundary, session = [] } = identity;
  const decisions = [union(policies, context)];
  if (boundary !== undefined) decisions.push(boundary.decide(context));
  if (session.length > 0) decisions.push(union(session, context));
  if (decisions.includes("ExplicitDeny")) return "ExplicitDeny";
  return decisions.includes("ImplicitDeny") ? "ImplicitDeny" : "Allow";
}

function union(policies: readonly DecidingPolicy[], context: AuthContext): PolicyDecision {
  let decision: PolicyDecision = "ImplicitDeny";
  for (const policy of policies) {
    const one = policy.decide(context);
    if (one === "ExplicitDeny") return one;
    if (one === "Allow") decision = one;
  }
  return decision;
}

/**
 * The body of a 403 answer. Source: observed answers of VPC Lattice, read 2026-11; of the explicit ones only `service-based` has
 * been seen, the article before `identity` is IAM's.
 */
export function denialMessage(
  principal: Principal,
  { action, resource }: Pick<AuthContext, "action" | "resource">,
  { deniedBy, explicit }: Extract<Authorisation, { allowed: false }>,
): string {
  const caller = principal.kind === "aws" ? principal.arn : "anonymous";
  const side = deniedBy.toLowerCase();
  const reason = explicit
    ? `with an explicit deny in ${deniedBy === "Identity" ? "an" : "a"} ${side}-based policy`
    : `because no ${side}-based policy allows the ${action} action`;
  return `AccessDeniedException: User: ${caller} is not authorized to perform: ${action} on resource: ${resource} ${reason}`;
}
