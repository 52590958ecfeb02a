import type { AuthContext, PolicyDecision } from "../auth-context.ts";
import { compileStatement } from "./compile-statement.ts";
import { explainPolicy, type PolicyExplanation } from "./explain.ts";
import { PolicyError } from "./finding.ts";
import { authPolicyKind, identityPolicyKind, type PolicyKind, type PolicyLimits } from "./policy-kind.ts";
import { readPolicy } from "./read-policy.ts";
import type { Effect, Policy } from "./statement.ts";
import { firstSegment, indexMatches, indexStatements, type StatementIndex } from "./statement-index.ts";

/** A policy as closures. Immutable, safe to share between requests. */
export interface CompiledPolicy {
  /** @returns what the policy says of a request; a matching Deny wins over any Allow */
  decide(context: AuthContext): PolicyDecision;
  /** @returns the decision with what each statement had to say; slow, for people */
  explain(context: AuthContext): PolicyExplanation;
}

/**
 * Compiles the policy of a service or service network.
 * @throws PolicyError with all findings when there is an error among them
 */
export function compileAuthPolicy(text: string, limits?: PolicyLimits): CompiledPolicy {
  return compileText(text, authPolicyKind(limits));
}

/**
 * Compiles an identity policy, permission boundary or session policy: no `Principal`, and statements about other services are
 * fine.
 * @throws PolicyError with all findings when there is an error among them
 */
export function compileIdentityPolicy(text: string, limits?: PolicyLimits): CompiledPolicy {
  return compileText(text, identityPolicyKind(limits));
}

function compileText(text: string, kind: PolicyKind): CompiledPolicy {
  const { policy, findings } = readPolicy(text, kind);
  if (policy === undefined) throw new PolicyError(findings.list);
  return compilePolicy(policy);
}

function compilePolicy(policy: Policy): CompiledPolicy {
  const statements = policy.statements.map(compileStatement);
  const indexOf = (effect: Effect, action: AuthContext["action"]): StatementIndex =>
    indexStatements(statements.filter(({ source }) => source.effect === effect && source.action.matches.has(action)));
  const invokeDenies = indexOf("Deny", "vpc-lattice-svcs:Invoke");
  const invokeAllows = indexOf("Allow", "vpc-lattice-svcs:Invoke");
  const connectDenies = indexOf("Deny", "vpc-lattice-svcs:Connect");
  const connectAllows = indexOf("Allow", "vpc-lattice-svcs:Connect");
  return {
    decide: (context) => {
      const connect = context.action === "vpc-lattice-svcs:Connect";
      const segment = firstSegment(context);
      if (indexMatches(connect ? connectDenies : invokeDenies, context, segment)) return "ExplicitDeny";
      return indexMatches(connect ? connectAllows : invokeAllows, context, segment) ? "Allow" : "ImplicitDeny";
    },
    explain: (context) => explainPolicy(statements, context),
  };
}
