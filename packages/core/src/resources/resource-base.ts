/** What every stored resource has. Times are ISO 8601 UTC with milliseconds. */
export interface ResourceBase {
  readonly id: string;
  readonly arn: string;
  /** Owner, twelve digits. */
  readonly account: string;
  readonly region: string;
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
  readonly tags: Readonly<Record<string, string>>;
  /**
   * Until this moment a reader is told `pending` as the resource's status, after it `ACTIVE`. So a create or update is one
   * transaction, and no background job has to finish it.
   */
  readonly settlesAt?: string;
  readonly pending?: "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS";
}

export type Status = "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "ACTIVE" | "DELETE_IN_PROGRESS";

/** @returns the status that a reader sees at `now` */
export function statusAt(resource: ResourceBase, now: Date): Status {
  const { settlesAt, pending } = resource;
  if (settlesAt === undefined || pending === undefined) return "ACTIVE";
  return now.toISOString() < settlesAt ? pending : "ACTIVE";
}
