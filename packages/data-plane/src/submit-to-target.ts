import { type Logger, monotonicNow, type TargetDirectory } from "@pergola/core";
import type { Call } from "./call.ts";
import type { FailureCause } from "./failure.ts";
import type { Metrics } from "./metrics.ts";
import type { SendAnswer } from "./send-answer.ts";
import { addressText } from "./target-address.ts";
import { originOf, type TargetOrigin } from "./target-origin.ts";
import type { Attempt } from "./waiting-requests.ts";

/** What forwarding to targets needs, whichever version of HTTP they speak. */
export interface HttpForwarding<Request> {
  readonly pools: RequestPools<Request>;
  readonly targets: TargetDirectory;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly sendAnswer: SendAnswer;
}

interface RequestPools<Request> {
  /**
   * @param isFresh whether only a new connection will do
   * @returns undefined when too many requests wait for the target already
   */
  submit(origin: TargetOrigin, request: Request, isFresh: boolean): Attempt | undefined;
}

/**
 * Hands a request to the connections of its call's target, and notes where it goes and when.
 * @param isFresh whether only a new connection will do
 * @returns why it cannot go there, where it cannot
 */
export function submitToTarget<Request>(
  call: Call,
  request: Request,
  isFresh: boolean,
  { targets, pools }: HttpForwarding<Request>,
): Attempt | FailureCause {
  const origin = originOf(call, targets);
  if (origin === undefined) return "targetUnreachable";
  call.targetAddress = addressText(origin);
  call.forwardedAt = monotonicNow();
  const attempt = pools.submit(origin, request, isFresh);
  if (attempt !== undefined) return attempt;
  call.forwardedAt = 0;
  return "targetBusy";
}
