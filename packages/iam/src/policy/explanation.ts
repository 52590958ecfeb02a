import type { ExplainedRoute } from "@pergola/core";
import type { Principal } from "../principal.ts";
import type { PolicyExplanation } from "./explain.ts";

/** What would become of a request, and why, as `POST /pergola/explain` answers. */
export interface Explanation {
  readonly decision: "allowed" | "denied" | "not-associated";
  /** The text of the 403 answer. */
  readonly message?: string;
  /** Why the service cannot be reached. */
  readonly note?: string;
  readonly service: { readonly id: string; readonly name: string; readonly arn: string };
  readonly caller?: Principal & { readonly known: CallerKnowledge };
  readonly network?: { readonly id: string; readonly arn: string; readonly sourceVpc: string };
  readonly policies?: readonly ExplainedPolicy[];
  readonly route: ExplainedRoute;
}

/** Where the caller's tags and policies are from. */
export type CallerKnowledge = "anonymous" | "identity" | "arn-only";

/** One policy that had a say, or would have had. */
export interface ExplainedPolicy {
  readonly side: "network" | "service" | "identity" | "permission-boundary" | "session";
  readonly resource: string;
  /** Why the policy was not evaluated, or what its absence means. */
  readonly note?: string;
  readonly explanation?: PolicyExplanation;
}
