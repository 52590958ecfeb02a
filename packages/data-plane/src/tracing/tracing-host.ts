import type { headerValue, Logger } from "@pergola/core";
import type { RequestTracing } from "./request-tracing.ts";

/** What spans need of the process that the data plane is in. */
export interface TracingHost {
  /** The process's own, since the exporter reads the rest of its settings there. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  /** Core's. Not imported: what spans shared with an entry on Lambda would be a file more at its start (docs/lambda.md, "Bundles"). */
  readonly headerValue: typeof headerValue;
  /** What is known of the process; what the environment says of it comes before. */
  readonly resource?: SpanFacts;
  /** What else a span says, asked when it starts. */
  readonly facts?: () => SpanFacts;
  /** Whether the process may stop between requests, so that spans leave when they are flushed and at no other time. Default false. */
  readonly isFrozenBetweenRequests?: boolean;
}

/** Attributes by their names. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

/** Tracing that has to be closed. */
export interface OpenTracing extends RequestTracing {
  /** Exports what waits. Never rejects; of a host that is frozen between requests, it takes a second at most. */
  flush(): Promise<void>;
  /** Exports what waits, and gives up after `deadlineMs`, or when the receiver is away. Never rejects. */
  close(deadlineMs: number): Promise<void>;
}
