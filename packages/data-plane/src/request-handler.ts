import type { Call } from "./call.ts";
import { openConfiguration } from "./configuration/configuration.ts";
import type { Exchange } from "./exchange.ts";
import { lazyHttp } from "./lazy-http.ts";
import { lazySignatureCheck } from "./lazy-signature-check.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { createPipeline } from "./pipeline.ts";
import { type DataPlaneOptions, type RequestPorts, withDefaults } from "./ports.ts";

/** The data plane without sockets: for hosts that get requests some other way, such as Lambda events. */
export interface RequestHandler {
  /** Answers an exchange, in any case. @returns the call, for `finish` */
  handle(exchange: Exchange): Call;
  /** Records a call whose response is complete or whose client is gone; once for each call. */
  finish(call: Call): void;
  /** Resolves when no configuration is being read. */
  settled(): Promise<void>;
  /** Closes kept connections to targets: after a pause in which they may have died unseen. No request may be in flight. */
  disconnectTargets(): Promise<void>;
  /** @returns a copy of the counters */
  metrics(): Metrics;
  close(): Promise<void>;
}

/** Opens the stages on the snapshots in the store, for a host of any kind. */
export function createRequestHandler(ports: RequestPorts, given: DataPlaneOptions = {}): RequestHandler {
  const options = withDefaults(given);
  const metrics = createMetrics();
  const { store, logger, targets } = ports;
  const configuration = openConfiguration({ store, logger, metrics, options });
  const http = lazyHttp({ targets, metrics, logger, options });
  const signatures = lazySignatureCheck(ports);
  const pipeline = createPipeline({ ports, options, configuration, http: http.forward, signatures, metrics });
  return {
    handle: pipeline.handle,
    finish: pipeline.finish,
    settled: () => configuration.settled(),
    disconnectTargets: () => http.disconnect(),
    metrics: () => ({ ...metrics }),
    async close() {
      configuration.close();
      await http.disconnect();
    },
  };
}
