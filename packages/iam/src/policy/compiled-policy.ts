import type { AuthPolicySnapshot } from "@pergola/core";
import type { AuthContext, PolicyDecision, SharingAction, StsAction } from "../auth-context.ts";
import type { AwsPrincipal, Principal } from "../principal.ts";
import { anonymous } from "../principal.ts";
import { type CompiledStatement, compileStatement } from "./compile-statement.ts";
import { explainPolicy, type PolicyExplanation } from "./explain.ts";
import { PolicyError } from "./finding.ts";
import { statementsOf } from "./policy-form.ts";
import {
  authPolicyKind,
  identityPolicyKind,
  type PolicyKind,
  type PolicyLimits,
  sharingPolicyKind,
  trustPolicyKind,
} from "./policy-kind.ts";
import { readPolicy } from "./read-policy.ts";
import type { Policy } from "./statement.ts";
import { decideByIndex, indexStatements, type StatementIndex } from "./statement-index.ts";

/** A policy as closures. Immutable, safe to share between requests. */
export interface DecidingPolicy {
  /** @returns what the policy says of a request; a matching Deny wins over any Allow */
  decide(context: AuthContext): PolicyDecision;
}

/** A policy that can say why. */
export interface CompiledPolicy extends DecidingPolicy {
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

/** A request for a session of a role. */
export interface TrustRequest {
  /** Who signed, or the ARN of the OpenID Connect provider that vouches for who did not. */
  readonly caller: Principal | { readonly kind: "web-identity"; readonly provider: string };
  readonly action: StsAction;
  readonly roleArn: string;
  /** By name in lower case: `sts:externalid`, `aws:requesttag/team`, `token.example.com:sub`. */
  readonly keys: Readonly<Record<string, string | readonly string[]>>;
  readonly sourceIp: string;
  readonly now: Date;
}

export interface CompiledTrustPolicy {
  /** @returns what the role's trust policy says of a request */
  decide(request: TrustRequest): PolicyDecision;
}

/** @returns the request as any policy may be asked about it: a caller's identity policies too */
export function trustContext({ caller, action, roleArn, keys, sourceIp, now }: TrustRequest): AuthContext {
  return {
    principal: caller.kind === "web-identity" ? anonymous : caller,
    ...(caller.kind === "web-identity" ? { federatedBy: caller.provider } : {}),
    action,
    ...apiCallOn(roleArn),
    sourceIp,
    now,
    keys,
  };
}

/** @returns what policies are told of a call of AWS's API, which goes to no service and comes from no network */
function apiCallOn(resource: string): Omit<AuthContext, "principal" | "action" | "sourceIp" | "now"> {
  return {
    resource,
    serviceArn: resource,
    serviceNetworkArn: "",
    serviceAccount: resource.split(":")[4] ?? "",
    serviceTags: {},
    sourceVpc: undefined,
    sourceVpcOwnerAccount: undefined,
    port: 443,
    method: "POST",
    path: "/",
    query: "",
    rawHeaders: [],
    secure: true,
  };
}

/**
 * Compiles a role's trust policy.
 * @throws PolicyError with all findings when there is an error among them
 */
export function compileTrustPolicy(text: string): CompiledTrustPolicy {
  const policy = compileText(text, trustPolicyKind());
  return { decide: (request) => policy.decide(trustContext(request)) };
}

/** A request to use another account's resource. */
export interface SharingRequest {
  readonly caller: AwsPrincipal;
  readonly action: SharingAction;
  readonly resourceArn: string;
  readonly now: Date;
}

export interface CompiledSharingPolicy {
  /** @returns what the policy says of a request */
  decide(request: SharingRequest): PolicyDecision;
}

/**
 * Compiles the policy by which a resource is shared with other accounts.
 * @param actions those that it will be asked about
 * @throws PolicyError with all findings when there is an error among them
 */
export function compileSharingPolicy(text: string, actions: readonly SharingAction[]): CompiledSharingPolicy {
  const policy = compileText(text, sharingPolicyKind(actions));
  return {
    decide: ({ caller, action, resourceArn, now }) =>
      policy.decide({
        principal: caller,
        action,
        ...apiCallOn(resourceArn),
        sourceIp: "",
        now,
      }),
  };
}

/**
 * Compiles what `readAuthPolicy` has read.
 * @returns undefined when another version of Pergola has read it into another form: its text is to be compiled
 */
export function compileReadPolicy(read: AuthPolicySnapshot): DecidingPolicy | undefined {
  const statements = statementsOf(read);
  return statements && { decide: compilePolicy({ statements }).decide };
}

function compileText(text: string, kind: PolicyKind): CompiledPolicy {
  const { policy, findings } = readPolicy(text, kind);
  if (policy === undefined) throw new PolicyError(findings.list);
  return compilePolicy(policy);
}

function compilePolicy(policy: Policy): CompiledPolicy {
  const statements = policy.statements.map(compileStatement);
  const indexOf = (action: AuthContext["action"]): StatementIndex =>
    indexStatements(statements.filter(({ source }) => source.action.matches.includes(action)));
  const invoke = indexOf("vpc-lattice-svcs:Invoke");
  const connect = indexOf("vpc-lattice-svcs:Connect");
  return {
    decide: (context) => {
      if (!context.action.startsWith("vpc-lattice-svcs:")) return decideInTurn(statements, context);
      return decideByIndex(context.action === "vpc-lattice-svcs:Connect" ? connect : invoke, context);
    },
    explain: (context) => explainPolicy(statements, context),
  };
}

/** For requests about roles and shared resources, which are rare: no index. */
function decideInTurn(statements: readonly CompiledStatement[], context: AuthContext): PolicyDecision {
  const matching = statements.filter(({ elements }) => elements.every(({ test }) => test(context)));
  if (matching.some(({ source }) => source.effect === "Deny")) return "ExplicitDeny";
  return matching.length > 0 ? "Allow" : "ImplicitDeny";
}
