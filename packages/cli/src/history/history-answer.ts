/** A change as `GET /pergola/history` tells it. */
export interface HistoryAnswer {
  readonly id: string;
  readonly time: string;
  readonly operation: string;
  readonly account: string;
  readonly principal?: string;
  readonly accessKeyId?: string;
  readonly resourceArn?: string;
  readonly truncated?: true;
  readonly changes: readonly ChangeAnswer[];
}

export interface ChangeAnswer {
  readonly action: "create" | "update" | "delete" | "change";
  readonly kind: string;
  readonly id: string;
  readonly arn?: string;
  readonly name?: string;
  /** In a history's entry the values, in a rollback's plan the names. */
  readonly members?:
    | Readonly<Record<string, { readonly before?: unknown; readonly after?: unknown }>>
    | readonly string[];
}
