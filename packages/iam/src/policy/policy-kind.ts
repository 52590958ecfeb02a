import type { AuthContext, ServiceAction, SharingAction, StsAction } from "../auth-context.ts";

/** Where a policy is attached decides which elements it has and which texts are too long. */
export interface PolicyKind {
  /** Resource policies say who; identity policies belong to somebody. */
  readonly hasPrincipal: boolean;
  /** Identity policies speak of every service: what is about others never matches and is no error. */
  readonly otherServices: boolean;
  /** A role's trust policy is about the role itself: it has no `Resource`, and callers that a provider vouches for. */
  readonly trust: boolean;
  /** The actions that requests can have. */
  readonly actions: readonly AuthContext["action"][];
  readonly maxBytes: number;
}

const serviceActions: readonly ServiceAction[] = ["vpc-lattice-svcs:Invoke", "vpc-lattice-svcs:Connect"];
const stsActions: readonly StsAction[] = ["sts:AssumeRole", "sts:TagSession", "sts:AssumeRoleWithWebIdentity"];

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
  return { hasPrincipal: true, otherServices: false, trust: false, actions: serviceActions, maxBytes };
}

/** @returns the kind of identity policies, permission boundaries and session policies */
export function identityPolicyKind({ maxBytes = identityPolicyMaxBytes }: PolicyLimits = {}): PolicyKind {
  return {
    hasPrincipal: false,
    otherServices: true,
    trust: false,
    actions: [...serviceActions, ...stsActions],
    maxBytes,
  };
}

/** @returns the kind of roles' trust policies */
export function trustPolicyKind(): PolicyKind {
  return { hasPrincipal: true, otherServices: false, trust: true, actions: stsActions, maxBytes: trustPolicyMaxBytes };
}

/** @returns the kind of policies that share a resource with other accounts; `actions` are those that requests can have */
export function sharingPolicyKind(actions: readonly SharingAction[]): PolicyKind {
  return { hasPrincipal: true, otherServices: true, trust: false, actions, maxBytes: sharingPolicyMaxBytes };
}

/** PutResourcePolicy takes 10,000 characters, of up to three bytes each. */
const sharingPolicyMaxBytes = 30_000;

/** Source: IAM quotas, length of a role trust policy, the highest that can be asked for, read 2026-11. */
const trustPolicyMaxBytes = 8_192;
