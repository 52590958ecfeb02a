import type { headerValue, Logger } from "@pergola/core";
import type { RequestTracing } from "./request-tracing.ts";

/** What spans need of the process that the data plane is in. */
export interface TracingHost {
  /** The process's own, since the exporter reads the rest of its settings there. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  /** Core's. Not imported: what spans shared with an entry on Lambda would be a file more at its start (docs/lambda.md, "Bundles"). */
  readonly headerValue: typeof headerValue;
}

/** Tracing that has to be closed. */
export interface OpenTracing extends RequestTracing {
  /** Exports what waits, and gives up after `deadlineMs`, or when the receiver is away. Never rejects. */
  close(deadlineMs: number): Promise<void>;
}
