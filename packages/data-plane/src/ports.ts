import type { SecureContext } from "node:tls";
import type {
  AccessRecord,
  AccessRecordSink,
  Clock,
  ConfigStore,
  Ids,
  LambdaInvoker,
  Logger,
  RequestHead,
  TargetDirectory,
  VpcDirectory,
} from "@pergola/core";
import type { CredentialSource } from "@pergola/iam";
import type { TicketKeys } from "./http/ticket-keys.ts";
import type { RequestTracing } from "./tracing/request-tracing.ts";

/** The part of the store that requests are answered from; without `watch`, `configurationTtl` says how long a read counts. */
export type ReadableStore = Pick<ConfigStore, "get" | "list"> & Partial<Pick<ConfigStore, "watch">>;

/** What requests need, whichever host they come from. */
export interface RequestPorts {
  readonly store: ReadableStore;
  readonly region: string;
  readonly vpcs: VpcDirectory;
  readonly targets: TargetDirectory;
  readonly lambda: LambdaInvoker;
  readonly credentials: CredentialSource;
  /**
   * Asked before the signature of a request is looked at, where `credentials` may have to be fetched first: undefined when they need
   * not. When it rejects, nobody can say who calls: 503.
   */
  readonly credentialsReady?: (head: RequestHead) => Promise<void> | undefined;
  readonly records: AccessRecordSink;
  /** Sees the record of every request, also where no access log is written. */
  readonly recent?: RecentRecords;
  /** Without it, trace context goes through as the client sent it. */
  readonly tracing?: RequestTracing;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

/** What the data plane needs of its surroundings. */
export interface DataPlanePorts extends RequestPorts {
  readonly certificates: {
    /** @returns the certificate and key for a server name in lower case, or undefined when no service has that name */
    contextFor(serverName: string): Promise<SecureContext | undefined>;
  };
  /** Those of several processes on one port, so that each takes up the sessions of the others; default: this process's own. */
  readonly ticketKeys?: TicketKeys;
}

/** Keeps what happened lately. Called on the hot path: it must neither block nor throw. */
export interface RecentRecords {
  /**
   * @param listenerPort the listener's port, which records do not hold
   * @param headLength characters of the request's head: a kept record's texts are parts of it, and may keep all of it in memory
   */
  add(record: AccessRecord, listenerPort: number, headLength: number): void;
}

/** Bounds and times; all have defaults. Times in milliseconds. */
export interface DataPlaneOptions {
  /** Open client connections per port. */
  readonly maxConnections?: number;
  /** Streams that are open at the same time on one HTTP/2 connection. */
  readonly maxConcurrentStreams?: number;
  /** From the first byte of a request until its head is complete. */
  readonly headersTimeout?: number;
  /** How long a connection may idle between requests. */
  readonly keepAliveTimeout?: number;
  /** A connection is closed after this time, whatever it does. Source: lattice quotas, 10 minutes. */
  readonly maxConnectionDuration?: number;
  /**
   * Proxies that send a PROXY header of version 2, by their address as a socket shows it: from these it is required, and decides
   * who the client is. Default: none, and a header is no request.
   */
  readonly isProxy?: (address: string) => boolean;
  /** How long the key of TLS session tickets is used. */
  readonly ticketKeyLifetime?: number;
  readonly connectTimeout?: number;
  /** Open connections to one target; as many requests again may wait for one. */
  readonly maxConnectionsPerTarget?: number;
  /** Targets with open connections; beyond it the one used longest ago loses its idle ones. */
  readonly maxTargets?: number;
  /** How long to stay with the last good configuration before the store is asked again. */
  readonly storeRetryDelay?: number;
  /** How long the store may take for one read. */
  readonly storeTimeout?: number;
  /**
   * How long configuration that was read counts as fresh, where the store's `watch` does not see the changes of other processes:
   * a change is in force within twice this time. Default 0: until the store tells of a change.
   */
  readonly configurationTtl?: number;
  /** Failures in a row after which a target has no turn for a while; 0: never. */
  readonly outlierFailures?: number;
  /** How long that is, the first time. */
  readonly outlierEjection?: number;
  /** Requests a second for each service, with as many at once; beyond it 429. 0, the default: no limit. */
  readonly serviceRate?: number;
  /** Random numbers in [0, 1) for weighted choice. */
  readonly random?: () => number;
}

export type ResolvedOptions = Required<DataPlaneOptions>;

/** @returns the options with every default filled in */
export function withDefaults(options: DataPlaneOptions): ResolvedOptions {
  return {
    maxConnections: 10_000,
    maxConcurrentStreams: 128,
    headersTimeout: 15_000,
    keepAliveTimeout: 60_000,
    maxConnectionDuration: 600_000,
    isProxy: () => false,
    ticketKeyLifetime: 3_600_000,
    connectTimeout: 5_000,
    maxConnectionsPerTarget: 256,
    maxTargets: 2_000,
    storeRetryDelay: 1_000,
    storeTimeout: 3_000,
    configurationTtl: 0,
    outlierFailures: 5,
    outlierEjection: 10_000,
    serviceRate: 0,
    random: Math.random,
    ...options,
  };
}
