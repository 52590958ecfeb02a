import type {
  AddressResolver,
  Clock,
  DatabaseDirectory,
  Logger,
  ResourceRecordSink,
  VpcDirectory,
} from "@pergola/core";
import type { ReadableStore } from "../ports.ts";

/** What connections to resources need of their surroundings. */
export interface ResourceGatewayPorts {
  readonly store: ReadableStore;
  readonly vpcs: VpcDirectory;
  readonly resolver: AddressResolver;
  readonly databases: DatabaseDirectory;
  readonly records: ResourceRecordSink;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Addresses that lead here: a resource that is at one of them would be reached through itself, again and again. */
  readonly isOwnAddress: (address: string) => boolean;
}

/** Bounds and times; all have defaults. Times in milliseconds. */
export interface ResourceGatewayOptions {
  /** Open connections of clients to all resources together. */
  readonly maxConnections?: number;
  /** Source: VPC Lattice quotas, TCP connections to resources, 350 s. */
  readonly idleTimeout?: number;
  readonly connectTimeout?: number;
  readonly storeRetryDelay?: number;
  readonly storeTimeout?: number;
}

export type ResolvedResourceOptions = Required<ResourceGatewayOptions>;

/** @returns the options with every default filled in */
export function withResourceDefaults(options: ResourceGatewayOptions): ResolvedResourceOptions {
  return {
    maxConnections: 10_000,
    idleTimeout: 350_000,
    connectTimeout: 5_000,
    storeRetryDelay: 1_000,
    storeTimeout: 3_000,
    ...options,
  };
}
