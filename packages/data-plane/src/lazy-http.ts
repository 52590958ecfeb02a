import type { Logger, TargetDirectory } from "@pergola/core";
import type { Call, Verdict } from "./call.ts";
import type { TargetPools } from "./http/target-pools.ts";
import type { Metrics } from "./metrics.ts";
import type { ResolvedOptions } from "./ports.ts";
import { sendAnswer } from "./send-answer.ts";

/** Forwarding to HTTP targets whose client is loaded by the first request that needs it. */
export interface LazyHttp {
  readonly forward: (call: Call) => Promise<Verdict>;
  /** Closes every connection to targets; the next request opens new ones. */
  disconnect(): Promise<void>;
}

interface LazyHttpParts {
  readonly targets: TargetDirectory;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly options: ResolvedOptions;
}

/** undici takes 20 ms and more to load, which a router whose targets are functions never has to pay. */
export function lazyHttp({ targets, metrics, logger, options }: LazyHttpParts): LazyHttp {
  let pools: TargetPools | undefined;
  return {
    async forward(call) {
      const [{ forwardHttp }, { TargetPools: Pools }] = await Promise.all([
        import("./http/forward-http.ts"),
        import("./http/target-pools.ts"),
      ]);
      pools ??= new Pools(options);
      return forwardHttp({ pools, targets, metrics, logger, sendAnswer })(call);
    },
    async disconnect() {
      const open = pools;
      pools = undefined;
      await open?.destroy();
    },
  };
}
