import type { Call, Verdict } from "./call.ts";
import { openConfiguration } from "./configuration/configuration.ts";
import { openPort, type PortServer } from "./http/port-server.ts";
import { rotateTicketKeys } from "./http/ticket-keys.ts";
import { forwardHttp } from "./http1/forward-http.ts";
import { openTargetPools } from "./http1/target-pools.ts";
import { forwardHttp2 } from "./http2/forward-http2.ts";
import { openSessionPools } from "./http2/session-pools.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { createPassthrough } from "./passthrough/passthrough.ts";
import { createPipeline } from "./pipeline.ts";
import { type DataPlaneOptions, type DataPlanePorts, withDefaults } from "./ports.ts";
import { speaksHttp2 } from "./protocol-version.ts";
import { resolvingForward } from "./resolve-address.ts";
import { sendAnswer } from "./send-answer.ts";
import { signatureCheck } from "./signature-check.ts";
import type { Traffic } from "./traffic.ts";

export interface DataPlane {
  /**
   * Opens a real socket for a listener port. What the services' listeners on this port speak (HTTP, HTTPS, TLS_PASSTHROUGH) is found out for each
   * connection.
   * @throws the system's error when the address cannot be bound
   */
  listen(listenerPort: number, bind: { host: string; port: number }): Promise<PortServer>;
  /** @returns a copy of the counters */
  metrics(): Metrics;
  /** @returns what was counted by service and target group; the counters themselves, which go on counting */
  traffic(): Promise<Traffic>;
  /**
   * Stops accepting, ends connections with the response in flight, and closes.
   * @param deadlineMs milliseconds after which what is still in flight is cut; default 30,000
   * @param restMs for how long a connection at rest may bring one more request, in milliseconds; default 0
   */
  close(deadlineMs?: number, restMs?: number): Promise<void>;
}

/** Opens the data plane: it answers requests from the snapshots in the store, on the ports that `listen` opens. */
export function createDataPlane(ports: DataPlanePorts, given: DataPlaneOptions = {}): DataPlane {
  const options = withDefaults(given);
  const metrics = createMetrics();
  const { store, logger, targets } = ports;
  const configuration = openConfiguration({ store, logger, metrics, options });
  const pools = openTargetPools(options);
  const sessions = openSessionPools(options);
  const http1 = forwardHttp({ pools, targets, metrics, logger, sendAnswer });
  const http2 = forwardHttp2({ pools: sessions, targets, metrics, logger, sendAnswer });
  const forward = (call: Call): Verdict => (speaksHttp2(call) ? http2(call) : http1(call));
  const http = resolvingForward(forward, targets, logger);
  const pipeline = createPipeline({ ports, options, configuration, http, signatures: signatureCheck(ports), metrics });
  const passthrough = createPassthrough({ configuration, ports, options, metrics });
  const ownKeys = rotateTicketKeys(options.ticketKeyLifetime);
  const ticketKeys = ports.ticketKeys ?? ownKeys;
  const servers = new Set<PortServer>();
  return {
    async listen(listenerPort, bind) {
      const server = await openPort({ listenerPort, ticketKeys, pipeline, passthrough, ports, options, metrics }, bind);
      servers.add(server);
      return server;
    },
    metrics: () => ({ ...metrics }),
    traffic: () => configuration.traffic(),
    async close(deadlineMs = 30_000, restMs = 0) {
      const timer = setTimeout(() => {
        for (const server of servers) server.destroy();
      }, deadlineMs);
      await Promise.all([...servers].map((server) => server.close(restMs)));
      clearTimeout(timer);
      servers.clear();
      ownKeys.stop();
      configuration.close();
      pools.destroy();
      sessions.destroy();
    },
  };
}
