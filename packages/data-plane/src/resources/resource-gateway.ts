import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { SourceVpc } from "@pergola/core";
import type { CompiledNetwork } from "../configuration/compile-network.ts";
import { CoarseClock } from "../http1/coarse-clock.ts";
import { createMetrics, type Metrics } from "../metrics.ts";
import { reset } from "../tcp/reset.ts";
import { Tunnel } from "../tcp/tunnel.ts";
import { Tunnels } from "../tcp/tunnels.ts";
import { connectResource } from "./connect-resource.ts";
import { endpointsOf, hasPort, type LocatedEndpoint, type ResourceEndpoint } from "./endpoint.ts";
import {
  type ResolvedResourceOptions,
  type ResourceGatewayOptions,
  type ResourceGatewayPorts,
  withResourceDefaults,
} from "./ports.ts";
import { openResourceConfigurations, type ResourceConfigurations } from "./resource-configuration.ts";
import { type ResourceConnection, resourceRecord } from "./resource-connection.ts";

/** A port of a resource that is open to clients. */
export interface ResourcePort {
  readonly address: AddressInfo;
  /** Stops accepting, and lets connections go once nothing moves on them. */
  close(): Promise<void>;
}

/** Counters of connections to resources. */
export interface ResourceMetrics {
  readonly connections: number;
  readonly active: number;
  /** Connections that no network, no port or no address allowed. */
  readonly refused: number;
  /** Connections whose resource could not be reached. */
  readonly failed: number;
  readonly bytesFromClients: number;
  readonly bytesFromResources: number;
}

/** Carries TCP connections from clients to resources. */
export interface ResourceGateway {
  /**
   * Opens a socket for a port of an endpoint.
   * @param port of the resource, which may be another one on this machine
   * @throws the system's error when the address cannot be bound
   */
  listen(endpoint: ResourceEndpoint, port: number, bind: { host: string; port: number }): Promise<ResourcePort>;
  /** @returns a copy of the counters */
  metrics(): ResourceMetrics;
  /** Closes every port, and after `deadlineMs`, default 30,000, every connection. */
  close(deadlineMs?: number): Promise<void>;
}

/** Opens the gateway: it answers from the snapshots in the store, on the ports that `listen` opens. */
export function createResourceGateway(
  ports: ResourceGatewayPorts,
  given: ResourceGatewayOptions = {},
): ResourceGateway {
  return new Gateway(ports, withResourceDefaults(given));
}

interface OpenPort {
  readonly server: Server;
  readonly tunnels: Tunnels;
  closing: Promise<void> | undefined;
}

class Gateway implements ResourceGateway {
  readonly #ports: ResourceGatewayPorts;
  readonly #options: ResolvedResourceOptions;
  readonly #configurations: ResourceConfigurations;
  readonly #clock: CoarseClock;
  readonly #servers = new Set<OpenPort>();
  readonly #clients = new Set<Socket>();
  readonly #counts = { connections: 0, refused: 0, failed: 0, bytesFromClients: 0, bytesFromResources: 0 };
  /** Moves on with each connection: the addresses of a resource take turns. */
  #turn = 0;

  constructor(ports: ResourceGatewayPorts, options: ResolvedResourceOptions) {
    this.#ports = ports;
    this.#options = options;
    const storeMetrics: Metrics = createMetrics();
    this.#configurations = openResourceConfigurations(ports.store, ports.logger, storeMetrics, options);
    this.#clock = new CoarseClock(options.idleTimeout);
  }

  async listen(endpoint: ResourceEndpoint, port: number, bind: { host: string; port: number }): Promise<ResourcePort> {
    const tunnels = new Tunnels(this.#clock);
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (client) =>
      this.#accept(client, endpoint, port, tunnels),
    );
    const entry: OpenPort = { server, tunnels, closing: undefined };
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject);
    server.listen({ ...bind, exclusive: true, backlog: 1024 }, resolve);
    await promise;
    server.off("error", reject);
    server.on("error", (error) => this.#ports.logger.error("port of a resource failed", { error: String(error) }));
    this.#servers.add(entry);
    return {
      address: server.address() as AddressInfo,
      close: () => this.#closePort(entry),
    };
  }

  /** A port that is closing counts until its last connection is gone. */
  #closePort(entry: OpenPort): Promise<void> {
    entry.closing ??= new Promise((resolve) => {
      entry.server.close(() => {
        this.#servers.delete(entry);
        resolve();
      });
    });
    entry.tunnels.end();
    return entry.closing;
  }

  metrics(): ResourceMetrics {
    return { ...this.#counts, active: this.#clients.size };
  }

  async close(deadlineMs = 30_000): Promise<void> {
    const timer = setTimeout(() => {
      for (const client of this.#clients) client.destroy();
    }, deadlineMs);
    await Promise.all([...this.#servers].map((entry) => this.#closePort(entry)));
    clearTimeout(timer);
    this.#clock.stop();
    this.#configurations.close();
  }

  #accept(client: Socket, endpoint: ResourceEndpoint, port: number, tunnels: Tunnels): void {
    this.#counts.connections += 1;
    client.on("error", () => client.destroy());
    if (this.#clients.size >= this.#options.maxConnections) {
      this.#refuse(client, endpoint, "there are as many connections to resources as there may be");
      return;
    }
    this.#clients.add(client);
    client.once("close", () => this.#clients.delete(client));
    this.#carry(client, endpoint, port, tunnels).catch((error: unknown) => {
      this.#counts.failed += 1;
      this.#ports.logger.error("connection to a resource failed", {
        associationId: endpoint.associationId,
        error: String(error),
      });
      reset(client);
    });
  }

  /** A client that is not let in learns no more than that nobody listens. */
  #refuse(client: Socket, { associationId }: ResourceEndpoint, reason: string): void {
    this.#counts.refused += 1;
    const { remoteAddress: peerAddress = "-" } = client;
    this.#ports.logger.warn("a connection to a resource was refused", { reason, associationId, peerAddress });
    reset(client);
  }

  async #carry(client: Socket, endpoint: ResourceEndpoint, port: number, tunnels: Tunnels): Promise<void> {
    const snapshot = await this.#configurations.resources.get(endpoint.configurationId);
    const located = snapshot && endpointsOf(snapshot).find((one) => one.associationId === endpoint.associationId);
    if (snapshot === undefined || located === undefined || !this.#hasPort(located, port)) {
      this.#refuse(client, endpoint, "the resource configuration has no such port any more");
      return;
    }
    const network = await this.#configurations.networks.get(located.networkId);
    const sourceVpc = network && this.#vpcOf(client, network);
    const { region } = snapshot;
    const connection = { endpoint: located, network, sourceVpc, region, client, openedAt: this.#ports.clock.now() };
    if (network === undefined || sourceVpc === undefined) {
      this.#refuse(client, endpoint, "the service network does not have the client's VPC associated");
      this.#record(connection, undefined);
      return;
    }
    this.#turn += 1;
    const { connectTimeout } = this.#options;
    const target = await connectResource(connection, port, this.#turn, { ...this.#ports, connectTimeout });
    this.#record(connection, target);
    if (target !== undefined) this.#openTunnel(client, target, tunnels);
    else {
      this.#counts.failed += 1;
      reset(client);
    }
  }

  #hasPort(endpoint: LocatedEndpoint, port: number): boolean {
    const { definition } = endpoint.resource;
    const database =
      "arnResource" in definition ? this.#ports.databases.endpointOf(definition.arnResource.arn) : undefined;
    return hasPort(endpoint, port, database?.port);
  }

  #vpcOf(client: Socket, network: CompiledNetwork): SourceVpc | undefined {
    const source = this.#ports.vpcs.vpcOf(client.remoteAddress ?? "");
    if (source === "any") return network.vpcs.values().next().value;
    return source !== undefined && network.vpcs.has(source.vpcId) ? source : undefined;
  }

  #openTunnel(client: Socket, target: Socket, tunnels: Tunnels): void {
    const tunnel = new Tunnel(client, target, {
      clock: this.#clock,
      first: nothing,
      idleTimeout: this.#options.idleTimeout,
      // Source: VPC Lattice quotas, read 2026-11: connections to resources may last.
      maxDuration: Number.POSITIVE_INFINITY,
      onEnd: () => {
        tunnels.delete(tunnel);
        this.#counts.bytesFromClients += tunnel.bytesFromClient;
        this.#counts.bytesFromResources += tunnel.bytesFromTarget;
      },
    });
    tunnels.add(tunnel);
  }

  #record(connection: ResourceConnection, target: Socket | undefined): void {
    const { endpoint, network } = connection;
    const ofNetwork = network?.snapshot.resourceLogSubscriptions ?? [];
    const destinations = [...endpoint.resource.logSubscriptions, ...ofNetwork];
    if (destinations.length > 0) this.#ports.records.writeResource(resourceRecord(connection, target), destinations);
  }
}

const nothing = Buffer.alloc(0);
