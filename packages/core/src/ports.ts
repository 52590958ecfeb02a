import type { AccessRecord } from "./access-record.ts";
import type { Scope } from "./arn.ts";
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

/** Where targets that are named by id have their address. */
export interface TargetDirectory {
  /** @returns the address of an EC2 instance or ALB, or undefined when it is not known */
  addressOf(target: { readonly type: "INSTANCE" | "ALB"; readonly id: string }): string | undefined;
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
}

/** Takes the access records of finished requests. */
export interface AccessRecordSink {
  /**
   * Never throws and never waits: the record is kept in memory and on disk within 100 ms, and delivered from there.
   * @param destinations the subscriptions of the service and of the network it was reached through; not empty
   */
  write(record: AccessRecord, destinations: readonly LogSubscriptionSnapshot[]): void;
}
