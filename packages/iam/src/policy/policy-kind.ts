/** Where a policy is attached decides which elements it has and which texts are too long. */
export interface PolicyKind {
  /** Resource policies say who; identity policies belong to somebody. */
  readonly hasPrincipal: boolean;
  /** Identity policies speak of every service: what is about others never matches and is no error. */
  readonly otherServices: boolean;
  readonly maxBytes: number;
}

/** Bounds that a deployment may change. */
export interface PolicyLimits {
  /** Longest text in bytes of UTF-8. */
  readonly maxBytes?: number;
}

/** The documented quota. Source: VPC Lattice user guide, "Quotas" (auth policy size, 10 KB), read 2026-11. */
export const authPolicyMaxBytes = 10_240;

/** IAM counts characters without white space, at most 10,240 (inline policies of a role); this leaves room for indentation. */
const identityPolicyMaxBytes = 32_768;

/** @returns the kind of the policy of a service or service network */
export function authPolicyKind({ maxBytes = authPolicyMaxBytes }: PolicyLimits = {}): PolicyKind {
  return { hasPrincipal: true, otherServices: false, maxBytes };
}

/** @returns the kind of identity policies, permission boundaries and session policies */
export function identityPolicyKind({ maxBytes = identityPolicyMaxBytes }: PolicyLimits = {}): PolicyKind {
  return { hasPrincipal: false, otherServices: true, maxBytes };
}
