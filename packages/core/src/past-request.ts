import type { AccessRecord } from "./access-record.ts";

/** A request that happened, as `GET /pergola/requests/{id}` answers. */
export interface PastRequest {
  readonly record: AccessRecord;
  /** The listener's; access logs do not hold it. */
  readonly listenerPort?: number;
  readonly source: "memory" | "access-log";
}
