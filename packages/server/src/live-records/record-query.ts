import { mayReadRecord } from "@pergola/control-plane";
import { type RecordFilter, readFilter } from "./record-filter.ts";

/** Which records somebody asks for, as it can be sent to another process. */
export interface RecordQuery {
  /** A query that `readFilter` takes. */
  readonly filters: string;
  /** So many of the last ones at most. */
  readonly limit: number;
  /** Whether those to come are asked for, too. */
  readonly follow: boolean;
  /** Whose records the reader may see; undefined for all. */
  readonly account: string | undefined;
  /** Whose the records are that name no account. */
  readonly defaultAccount: string;
}

/** @throws TypeError for filters that cannot be used: whoever takes a query from outside has to have tried them */
export function wantedBy({ filters, account, defaultAccount }: RecordQuery): RecordFilter {
  const fits = readFilter(new URLSearchParams(filters));
  if ("problem" in fits) throw new TypeError(fits.problem);
  return (record) => (account === undefined || mayReadRecord(record, account, defaultAccount)) && fits(record);
}
