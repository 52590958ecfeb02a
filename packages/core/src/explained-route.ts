/** Where a request would go. */
export interface ExplainedRoute {
  readonly listener: { readonly id: string; readonly port: number; readonly protocol: string };
  /** The rule that matches; the default action has no id and no priority. */
  readonly rule: { readonly id?: string; readonly priority?: number; readonly isDefault: boolean };
  readonly fixedResponse?: { readonly statusCode: number };
  readonly targetGroups?: readonly ExplainedTargetGroup[];
}

export interface ExplainedTargetGroup {
  readonly id: string;
  readonly type: string;
  readonly weight: number;
  /** 0–1: part of the requests that goes here. */
  readonly share: number;
  readonly targets: readonly { readonly id: string; readonly port?: number; readonly status: string }[];
  /** What will happen with a request that comes here. */
  readonly note?: string;
}
