import type { Socket } from "node:net";
import type { Configuration } from "../configuration/configuration.ts";
import { type FailureCause, failures } from "../failure.ts";
import type { Metrics } from "../metrics.ts";
import type { DataPlanePorts, ResolvedOptions } from "../ports.ts";
import { resolveAddress } from "../resolve-address.ts";
import { addressOf, addressText } from "../target-address.ts";
import { connectOneOf } from "../tcp/connect-one-of.ts";
import { Tunnel } from "../tcp/tunnel.ts";
import { tunnelFailures } from "../tcp/tunnel-failure.ts";
import type { Tunnels } from "../tcp/tunnels.ts";
import { weightedChoice } from "../weighted-choice.ts";
import { destinationsOf } from "../write-record.ts";
import { type AlertReason, endWithAlert } from "./alert.ts";
import { deniedBy } from "./denied-by.ts";
import { passthroughFinder } from "./find-passthrough.ts";
import type { HelloConnection } from "./hello-connection.ts";
import { PassedConnection, passthroughRecord } from "./passthrough-record.ts";

export interface PassthroughParts {
  readonly configuration: Configuration;
  readonly ports: DataPlanePorts;
  readonly options: ResolvedOptions;
  readonly metrics: Metrics;
}

/**
 * Takes a connection over if a TLS_PASSTHROUGH listener is meant, and answers it in any case then.
 * @param tunnels those of its port
 * @returns whether it has; otherwise TLS ends here. Never rejects
 */
export type Passthrough = (hello: HelloConnection, tunnels: Tunnels) => Promise<boolean>;

/** Opens what passes TLS connections through to targets, unread but for the ClientHello. */
export function createPassthrough(parts: PassthroughParts): Passthrough {
  const { configuration, ports } = parts;
  const find = passthroughFinder(configuration, ports.vpcs);
  return async (hello, tunnels) => {
    try {
      const reached = await find(hello);
      if (reached === undefined) return false;
      const passed = new PassedConnection(hello, reached, ports.ids.requestId(), ports.clock.now());
      const refusal = await pass(parts, passed, tunnels);
      if (refusal !== undefined) refuse(parts, passed, refusal);
    } catch (error) {
      // Without configuration nobody can say who may connect.
      ports.logger.error("connection failed", { serverName: hello.serverName, error: String(error) });
      endWithAlert(hello.socket, "internalError");
    }
    return true;
  };
}

/** @returns why there is no tunnel, or undefined when there is one */
async function pass(
  parts: PassthroughParts,
  passed: PassedConnection,
  tunnels: Tunnels,
): Promise<FailureCause | undefined> {
  const { network } = passed.reached;
  if (network === undefined) return "notAssociated";
  passed.authDeniedReason = deniedBy(passed, network) ?? "-";
  if (passed.authDeniedReason !== "-") return "accessDenied";
  const target = await connect(parts, passed);
  if (typeof target === "string") return target;
  openTunnel(parts, passed, target, tunnels);
  return undefined;
}

async function connect(
  { configuration, ports, options, metrics }: PassthroughParts,
  passed: PassedConnection,
): Promise<Socket | FailureCause> {
  const { service, listener } = passed.reached;
  const action = listener.defaultAction;
  const chosen = action.kind === "forward" ? weightedChoice(action.targetGroups, options.random) : undefined;
  const group = chosen && service.snapshot.targetGroups[chosen.id];
  passed.targetGroup = group;
  const rotation = group && (await configuration.targetsOf(group));
  if (group === undefined || rotation === undefined) return "noTarget";
  const counts = rotation.counts.connections;
  const target = await connectOneOf(rotation, {
    timeout: options.connectTimeout,
    client: passed.hello.socket,
    async addressOf(target) {
      await resolveAddress(group, target, ports.targets, ports.logger);
      return addressOf(group, target, ports.targets);
    },
    onAttempt(address, attempt) {
      passed.targetAddress = addressText(address);
      if (attempt > 0) metrics.retries += 1;
    },
    onFailure(error) {
      counts.failed(undefined, (error as NodeJS.ErrnoException).code === "ETIMEDOUT");
      ports.logger.warn("target failed", { target: passed.targetAddress, error: String(error) });
    },
  });
  if (typeof target !== "string") {
    counts.opened(target, "tcp");
    target.once("close", () => counts.closed(target));
  }
  return target;
}

function openTunnel(parts: PassthroughParts, passed: PassedConnection, target: Socket, tunnels: Tunnels): void {
  const { socket, bytes } = passed.hello;
  parts.metrics.tunnels += 1;
  const tunnel = new Tunnel(socket, target, {
    clock: tunnels.clock,
    first: bytes,
    idleTimeout: passed.reached.service.idleTimeoutMs,
    maxDuration: parts.options.maxConnectionDuration,
    onEnd(end) {
      tunnels.delete(tunnel);
      const cause = tunnelFailures[end];
      if (cause !== undefined) passed.failure = failures[cause].reason;
      passed.bytesReceived = tunnel.bytesFromClient;
      passed.bytesSent = tunnel.bytesFromTarget;
      writeRecord(parts, passed);
    },
  });
  tunnels.add(tunnel);
}

/** A client of a wrong network gets what one of an unknown name gets. */
const alerts: { readonly [cause in FailureCause]?: AlertReason } = {
  notAssociated: "unrecognizedName",
  accessDenied: "accessDenied",
};

function refuse(parts: PassthroughParts, passed: PassedConnection, cause: FailureCause): void {
  const { service } = passed.reached;
  const { client, socket } = passed.hello;
  passed.failure = failures[cause].reason;
  if (cause === "accessDenied") parts.metrics.denied += 1;
  parts.ports.logger.warn("a TLS connection was not passed through", {
    cause,
    serviceId: service.snapshot.serviceId,
    peerAddress: client.peerAddress,
  });
  endWithAlert(socket, alerts[cause] ?? "internalError");
  writeRecord(parts, passed);
}

function writeRecord({ ports }: PassthroughParts, passed: PassedConnection): void {
  const { service, network } = passed.reached;
  const record = passthroughRecord(passed);
  ports.tracing?.passed(passed, record.duration);
  try {
    ports.recent?.add(record, passed.hello.client.listenerPort, 0);
    const destinations = destinationsOf({ service, network });
    if (destinations.length > 0) ports.records.write(record, destinations);
  } catch (error) {
    ports.logger.error("access record could not be written", { requestId: passed.requestId, error: String(error) });
  }
}
