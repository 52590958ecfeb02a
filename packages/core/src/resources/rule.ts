/** Shapes of the API's rules, in the wire's names, stored as they were sent: clients compare them structurally. */

export interface WeightedTargetGroup {
  /** Id or ARN, as sent. */
  readonly targetGroupIdentifier: string;
  /** 0–999. */
  readonly weight: number;
}

export type RuleAction =
  | { readonly forward: { readonly targetGroups: readonly WeightedTargetGroup[] } }
  | { readonly fixedResponse: { readonly statusCode: number } };

export type PathMatchType = { readonly exact: string } | { readonly prefix: string };
export type HeaderMatchType = { readonly exact: string } | { readonly prefix: string } | { readonly contains: string };

export interface PathMatch {
  readonly match: PathMatchType;
  readonly caseSensitive?: boolean;
}

export interface HeaderMatch {
  readonly name: string;
  readonly match: HeaderMatchType;
  readonly caseSensitive?: boolean;
}

export interface HttpMatch {
  readonly method?: string;
  readonly pathMatch?: PathMatch;
  readonly headerMatches?: readonly HeaderMatch[];
}

export interface RuleMatch {
  readonly httpMatch: HttpMatch;
}
