import type { AccessRecord } from "./access-record.ts";
import type { Scope } from "./arn.ts";
import type { ResourceAccessRecord } from "./resource-access-record.ts";
import type { LogSubscriptionSnapshot } from "./snapshot.ts";

/** Time, so that tests need no fake timers. */
export interface Clock {
  now(): Date;
}

/** Randomness for ids. */
export interface Ids {
  /** @returns a fresh id: the prefix, a hyphen, `0` and 16 hex digits */
  resourceId(prefix: string): string;
  /** @returns a fresh UUID */
  requestId(): string;
}

/** A VPC that a client address lies in. */
export interface SourceVpc {
  readonly vpcId: string;
  /** Owner account, twelve digits. */
  readonly account: string;
}

/** Which VPC a client is in. */
export interface VpcDirectory {
  /**
   * @param address the peer's IP address
   * @returns its VPC; `any` when no VPCs are configured and the client counts as inside whichever VPC is associated;
   * undefined when VPCs are configured and none holds the address
   */
  vpcOf(address: string): SourceVpc | "any" | undefined;
}

/** A VPC endpoint that leads to a service network or a resource configuration. EC2 makes them; Lattice only shows them. */
export interface VpcEndpoint {
  /** `vpce-` and 17 hex digits. */
  readonly id: string;
  readonly vpcId: string;
  /** Account of the endpoint, twelve digits. */
  readonly account: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Id of the network or resource configuration that it leads to. */
  readonly leadsTo: string;
}

/** Which VPC endpoints there are. */
export interface VpcEndpointDirectory {
  /** @returns the endpoints that lead to a service network or resource configuration; at most 1,000 */
  endpointsOf(resourceId: string): readonly VpcEndpoint[];
  /** @returns every endpoint; at most 10,000 */
  endpoints(): readonly VpcEndpoint[];
}

/** Looks up TXT records. */
export interface TxtResolver {
  /**
   * @param name a domain name
   * @returns the text of each record, its strings joined; empty when the name has none
   * @throws Error when nobody knows: no server answers in time, or it fails
   */
  resolveTxt(name: string): Promise<readonly string[]>;
}

/** A target that is no address by itself: an EC2 instance, or the ARN of an application load balancer. */
export interface NamedTarget {
  readonly type: "INSTANCE" | "ALB";
  readonly id: string;
}

/** Where targets that are named by id have their address. */
export interface TargetDirectory {
  /** @returns the address of an EC2 instance or ALB, or undefined when it is not known */
  addressOf(target: NamedTarget): string | undefined;
  /**
   * Finds out about targets whose address is not in memory; absent where all that can be known is.
   * @throws what keeps it from that
   */
  resolve?(targets: readonly NamedTarget[]): Promise<void>;
}

export interface LambdaResult {
  /** The payload that the function returned, or its error object. */
  readonly payload: Uint8Array;
  /** `Unhandled` or `Handled` when the function failed, as the Invoke API's X-Amz-Function-Error. */
  readonly functionError?: string;
}

/** Invokes functions synchronously (the Invoke API's RequestResponse). */
export interface LambdaInvoker {
  /**
   * @param functionArn with a version or alias at its end where one is meant
   * @param payload the event as JSON text
   * @throws LambdaInvokeError when the function could not be run at all
   */
  invoke(functionArn: string, payload: string, signal: AbortSignal): Promise<LambdaResult>;
}

/** The function did not run: unknown, throttled, not permitted, or the service is away. */
export class LambdaInvokeError extends Error {
  override readonly name = "LambdaInvokeError";
  readonly reason: "unknown-function" | "throttled" | "denied" | "unavailable" | "too-large";

  constructor(reason: LambdaInvokeError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Structured log of the process itself (not access logs). */
export interface Logger {
  info(message: string, details?: Record<string, unknown>): void;
  warn(message: string, details?: Record<string, unknown>): void;
  error(message: string, details?: Record<string, unknown>): void;
}

/** Who is calling the control plane. */
export interface Caller extends Scope {
  readonly requestId: string;
  /** ARN of the principal, where the host has verified it. */
  readonly principal?: string;
  /** The access key that the host has verified. */
  readonly accessKeyId?: string;
}

/** Takes the access records of finished requests. */
export interface AccessRecordSink {
  /**
   * Never throws and never waits: the record is kept in memory and on disk within 100 ms, and delivered from there.
   * @param destinations the subscriptions of the service and of the network it was reached through; not empty
   */
  write(record: AccessRecord, destinations: readonly LogSubscriptionSnapshot[]): void;
}

/** Takes the access records of connections to resources. */
export interface ResourceRecordSink {
  /** As `AccessRecordSink.write`; the subscriptions are of log type RESOURCE. */
  writeResource(record: ResourceAccessRecord, destinations: readonly LogSubscriptionSnapshot[]): void;
}

/** Finds the addresses of resources that are named by a domain name. */
export interface AddressResolver {
  /**
   * @param family of the addresses that are wanted
   * @returns IP addresses; empty when the name has none
   * @throws Error when nobody knows: no server answers in time, or it fails
   */
  addressesOf(domainName: string, family: "IPV4" | "IPV6"): Promise<readonly string[]>;
}

/** Where databases that are named by an ARN have their address. */
export interface DatabaseDirectory {
  /** @returns a name or address and a port, or undefined when the database is not known */
  endpointOf(arn: string): { readonly host: string; readonly port: number } | undefined;
}
