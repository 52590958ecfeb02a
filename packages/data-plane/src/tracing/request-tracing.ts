import type { RequestHead } from "@pergola/core";
import type { Call } from "../call.ts";
import type { PassedConnection } from "../passthrough/passthrough-record.ts";

/** Makes a span of each request, and of each connection that is passed through. Called on the hot path: it must neither block nor throw. */
export interface RequestTracing {
  /**
   * @param head its `traceparent`, where it is valid, names the parent
   * @param now when the request began
   */
  start(head: RequestHead, now: Date): RequestSpan;
  /**
   * Makes the span of a connection whose TLS did not end here, when it is over: nobody can look for a parent in it, or put a child's into it.
   * @param duration milliseconds
   */
  passed(connection: PassedConnection, duration: number): void;
}

/** The span of one request, which the target's own spans are children of. */
export interface RequestSpan {
  /** The target gets this in place of the client's. */
  readonly traceparent: string;
  /** Whether the span is in the client's trace. Without its trace a `tracestate` says nothing, and stays behind. Source: W3C Trace Context §2.2. */
  readonly isContinued: boolean;
  /**
   * Ends the span; called once.
   * @param call what became of the request
   * @param duration milliseconds
   */
  end(call: Call, duration: number): void;
}
