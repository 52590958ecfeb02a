import type { PolicyExplanation } from "@pergola/iam";

/** What `POST /pergola/explain` answers, as far as it is printed as text. */
export interface Explanation {
  readonly decision: "allowed" | "denied" | "not-associated";
  readonly message?: string;
  readonly note?: string;
  readonly service: { readonly id: string; readonly name: string; readonly arn: string };
  readonly caller?: {
    readonly kind: string;
    readonly arn?: string;
    readonly known: "anonymous" | "identity" | "arn-only";
  };
  readonly network?: { readonly id: string; readonly arn: string; readonly sourceVpc: string };
  readonly policies?: readonly ExplainedPolicy[];
  readonly route: ExplainedRoute;
}

export interface ExplainedPolicy {
  readonly side: string;
  readonly resource: string;
  readonly note?: string;
  readonly explanation?: PolicyExplanation;
}

export interface ExplainedRoute {
  readonly listener: { readonly id: string; readonly port: number; readonly protocol: string };
  readonly rule: { readonly id?: string; readonly priority?: number; readonly isDefault: boolean };
  readonly fixedResponse?: { readonly statusCode: number };
  readonly targetGroups?: readonly ExplainedTargetGroup[];
}

export interface ExplainedTargetGroup {
  readonly id: string;
  readonly type: string;
  /** 0–1. */
  readonly share: number;
  readonly targets: readonly { readonly id: string; readonly port?: number; readonly status: string }[];
  readonly note?: string;
}

/** The request that is asked about, as `POST /pergola/explain` takes it. */
export interface ExplainRequest {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly as: string;
  readonly from?: string;
  readonly sourceIp?: string;
  readonly port?: number;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}
