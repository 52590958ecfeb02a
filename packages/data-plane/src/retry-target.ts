import type { Call } from "./call.ts";
import { nextTarget, type RoutableTarget } from "./configuration/compile-targets.ts";
import type { Metrics } from "./metrics.ts";

/** Safe to repeat, as far as HTTP can say. Source: RFC 9110 §9.2.2. */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** @returns whether a request that a target may have seen can be sent again: it has no body and means the same twice */
export function isRepeatable({ exchange }: Call): boolean {
  return exchange.contentLength === 0 && idempotent.has(exchange.head.method);
}

/**
 * Gives a call the target of its second attempt, another one where there is one.
 * @param isUnreachable nobody was there: the same target again would only double the wait
 * @returns false when there is none
 */
export function retarget(call: Call, isUnreachable: boolean, metrics: Metrics): boolean {
  const target = retryTarget(call, isUnreachable);
  if (target === undefined) return false;
  call.target = target;
  metrics.retries += 1;
  return true;
}

function retryTarget(call: Call, isUnreachable: boolean): RoutableTarget | undefined {
  const { rotation, target: tried } = call;
  if (rotation === undefined) return undefined;
  if (isUnreachable) call.failedTarget = tried;
  const target = nextTarget(rotation);
  if (!isSame(target, tried)) return target;
  // It was its turn again, because of other requests in between.
  const other = nextTarget(rotation);
  return isUnreachable && isSame(other, tried) ? undefined : other;
}

function isSame(a: RoutableTarget | undefined, b: RoutableTarget | undefined): boolean {
  return a?.id === b?.id && a?.port === b?.port;
}
