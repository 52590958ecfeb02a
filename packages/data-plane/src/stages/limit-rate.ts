import type { Call, Stage } from "../call.ts";
import type { CompiledService } from "../configuration/compile-service.ts";

interface Bucket {
  /** Requests that may come at once. */
  tokens: number;
  /** Milliseconds of the monotonic clock. */
  filledAt: number;
}

/** Services that were called lately; the names come from configuration, so a stranger cannot add any. */
const maxServices = 10_000;

/**
 * A token bucket for each service: so many requests a second, and as many at once. The limit is of this process.
 * @param rate requests a second; 0 for no limit
 */
export function limitRate(rate: number): Stage {
  if (rate === 0) return () => undefined;
  let buckets = new Map<string, Bucket>();
  return (call: Call) => {
    const { serviceId } = (call.service as CompiledService).snapshot;
    const now = call.startedAt;
    let bucket = buckets.get(serviceId);
    if (bucket === undefined) {
      if (buckets.size >= maxServices) buckets = new Map();
      bucket = { tokens: rate, filledAt: now };
      buckets.set(serviceId, bucket);
    }
    bucket.tokens = Math.min(rate, bucket.tokens + ((now - bucket.filledAt) / 1_000) * rate);
    bucket.filledAt = now;
    if (bucket.tokens < 1) return call.fail("rateExceeded");
    bucket.tokens -= 1;
    return undefined;
  };
}
