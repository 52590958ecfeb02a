import type { PolicyFinding } from "./finding.ts";
import { authPolicyKind, identityPolicyKind, type PolicyLimits } from "./policy-kind.ts";
import { readPolicy } from "./read-policy.ts";

/** @returns everything that is wrong or doubtful about the policy of a service or network, in the order of the text */
export function validateAuthPolicy(text: string, limits?: PolicyLimits): readonly PolicyFinding[] {
  return readPolicy(text, authPolicyKind(limits)).findings.list;
}

/** @returns the same for identity policies, permission boundaries and session policies */
export function validateIdentityPolicy(text: string, limits?: PolicyLimits): readonly PolicyFinding[] {
  return readPolicy(text, identityPolicyKind(limits)).findings.list;
}
