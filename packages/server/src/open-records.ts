import { type AccessLogs, createFileSinks, openAccessLogs } from "@pergola/access-logs";
import { systemClock } from "@pergola/core";
import { logsDir, type ServerBase } from "./server-base.ts";

export interface RecordsOptions {
  /** The spool. */
  readonly dir: string;
  /** Ends the names of log streams, where several processes write at one time. */
  readonly writer?: string;
}

/** Opens the access records of this process; they end with its teardown. @throws Error when another process has the spool */
export async function openRecords(
  { settings, logger, teardown }: Pick<ServerBase, "settings" | "logger" | "teardown">,
  { dir, ...writer }: RecordsOptions,
): Promise<AccessLogs> {
  const deliverer = createFileSinks({ dir: logsDir(settings), ...writer });
  const records = await openAccessLogs({ dir, deliverer, clock: systemClock, logger });
  teardown.addResource("access logs", () => records.close());
  return records;
}
