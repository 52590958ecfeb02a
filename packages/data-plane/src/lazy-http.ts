import type { Logger } from "@pergola/core";
import type { Call, Verdict } from "./call.ts";
import { forwardHttp } from "./http1/forward-http.ts";
import { openTargetPools } from "./http1/target-pools.ts";
import type { TargetRequest } from "./http1/target-request.ts";
import type { Metrics } from "./metrics.ts";
import type { OriginPools } from "./origin-pools.ts";
import type { RequestPorts, ResolvedOptions } from "./ports.ts";
import { resolveAddress } from "./resolve-address.ts";
import { sendAnswer } from "./send-answer.ts";

/** Forwarding to HTTP targets whose client is loaded by the first request that needs it. */
export interface LazyHttp {
  readonly forward: (call: Call) => Promise<Verdict>;
  /** Closes every connection to targets; the next request opens new ones. */
  disconnect(): Promise<void>;
}

interface LazyHttpParts {
  readonly targets: RequestPorts["targets"];
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly options: ResolvedOptions;
}

/** A router whose targets are functions does not load the client at all. */
export function lazyHttp({ targets, metrics, logger, options }: LazyHttpParts): LazyHttp {
  let pools: OriginPools<TargetRequest> | undefined;
  return {
    async forward(call) {
      await resolveAddress(call.targetGroup, call.target, targets, logger);
      pools ??= openTargetPools(options);
      return forwardHttp({ pools, targets, metrics, logger, sendAnswer })(call);
    },
    async disconnect() {
      const open = pools;
      pools = undefined;
      open?.destroy();
    },
  };
}
