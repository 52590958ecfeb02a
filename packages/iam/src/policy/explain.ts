import type { AuthContext, PolicyDecision } from "../auth-context.ts";
import type { CompiledElement, CompiledStatement } from "./compile-statement.ts";

/** Why a policy decides as it does; plain JSON. */
export interface PolicyExplanation {
  readonly decision: PolicyDecision;
  readonly statements: readonly StatementExplanation[];
}

export interface StatementExplanation {
  readonly index: number;
  readonly sid?: string;
  readonly effect: "Allow" | "Deny";
  readonly matched: boolean;
  /** Every element that does not match; empty when the statement does. */
  readonly failed: readonly ElementExplanation[];
}

export interface ElementExplanation {
  /** `Principal`, `NotAction`, `Condition.StringEquals.aws:PrincipalOrgID` */
  readonly element: string;
  readonly wanted: readonly string[];
  /** What the request has; null when the key is absent. Headers that carry credentials read `[redacted]`. */
  readonly seen: string | readonly string[] | null;
}

/** Evaluates every statement in order, without the index, by the same tests that decide. */
export function explainPolicy(statements: readonly CompiledStatement[], context: AuthContext): PolicyExplanation {
  const explained = statements.map((statement) => explainStatement(statement, context));
  const matched = (effect: string): boolean => explained.some((one) => one.matched && one.effect === effect);
  const decision = matched("Deny") ? "ExplicitDeny" : matched("Allow") ? "Allow" : "ImplicitDeny";
  return { decision, statements: explained };
}

function explainStatement({ source, elements }: CompiledStatement, context: AuthContext): StatementExplanation {
  const failed = elements.filter(({ test }) => !test(context)).map((element) => explainElement(element, context));
  return {
    index: source.index,
    ...(source.sid === undefined ? {} : { sid: source.sid }),
    effect: source.effect,
    matched: failed.length === 0,
    failed,
  };
}

const secretHeader = /RequestHeader\/(?:authorization|proxy-authorization|cookie|x-amz-security-token)$/i;

function explainElement({ name, wanted, seen }: CompiledElement, context: AuthContext): ElementExplanation {
  const value = seen(context) ?? null;
  return { element: name, wanted, seen: value !== null && secretHeader.test(name) ? "[redacted]" : value };
}
