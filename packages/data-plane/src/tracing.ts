import type { RequestHead } from "@pergola/core";
import type { Call } from "./call.ts";

/** Makes a span of each request. Called on the hot path: it must neither block nor throw. */
export interface RequestTracing {
  /**
   * @param head its `traceparent`, where it is valid, names the parent
   * @param now when the request began
   */
  start(head: RequestHead, now: Date): RequestSpan;
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
