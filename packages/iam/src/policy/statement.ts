import type { AuthContext } from "../auth-context.ts";
import type { Template } from "./pattern.ts";

/** A policy as read: nothing left to check. Snapshots hold it too (`policy-form.ts`). */
export interface Policy {
  readonly statements: readonly Statement[];
}

export interface Statement {
  /** Place in the document, from 0. */
  readonly index: number;
  readonly sid?: string;
  readonly effect: Effect;
  /** Absent in identity policies. */
  readonly principal?: PrincipalElement;
  readonly action: ActionElement;
  readonly resource: ResourceElement;
  readonly conditions: readonly Condition[];
}

export type Effect = "Allow" | "Deny";

export interface PrincipalElement {
  /** NotPrincipal. */
  readonly negated: boolean;
  /** `*`: anonymous callers too. */
  readonly everyone: boolean;
  /** Twelve digits: every principal of these accounts. */
  readonly accounts: readonly string[];
  /** Users, roles (any session of them), sessions, federated users. */
  readonly arns: readonly string[];
  /** ARNs of providers that vouch for callers; trust policies only. */
  readonly providers: readonly string[];
  /** As written, for explanations. */
  readonly texts: readonly string[];
}

export interface ActionElement {
  /** NotAction. */
  readonly negated: boolean;
  readonly texts: readonly string[];
  /** The actions that the element as a whole, negation included, matches: there are only two. */
  readonly matches: readonly AuthContext["action"][];
}

export interface ResourceElement {
  /** NotResource. */
  readonly negated: boolean;
  readonly texts: readonly string[];
  readonly templates: readonly Template[];
}

export interface Condition {
  /** As written. */
  readonly operatorName: string;
  /** As written. */
  readonly keyName: string;
  readonly values: readonly string[];
  readonly templates: readonly Template[];
}
