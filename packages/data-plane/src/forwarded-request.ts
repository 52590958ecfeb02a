import { monotonicNow } from "@pergola/core";
import type { Call } from "./call.ts";
import type { CompiledService } from "./configuration/compile-service.ts";
import type { TargetRotation } from "./configuration/compile-targets.ts";
import type { ExchangeWatcher } from "./exchange.ts";
import type { FailureCause } from "./failure.ts";
import { type HttpForwarding, submitToTarget } from "./submit-to-target.ts";
import type { ConnectionCounts } from "./traffic.ts";
import type { Attempt } from "./waiting-requests.ts";

/**
 * One request at one target, and at a second one when the first cannot have acted on it, as far as the version of HTTP makes no
 * difference. What extends it is a `Request` itself.
 */
export abstract class ForwardedRequest<Request> implements ExchangeWatcher {
  protected readonly with: HttpForwarding<Request>;
  protected readonly call: Call;
  protected attempt: Attempt | undefined = undefined;
  /** Says to the client's side that the target takes more; set once the body has been asked for. */
  protected resumeClient: (() => void) | undefined = undefined;
  protected isOver = false;
  protected retried = false;

  constructor(forwarding: HttpForwarding<Request>, call: Call) {
    this.with = forwarding;
    this.call = call;
  }

  /** The client is gone before its response was complete. */
  abstract onClientGone(): void;

  onDrain(): void {
    this.attempt?.resume();
  }

  get timeout(): number {
    return (this.call.service as CompiledService).idleTimeoutMs;
  }

  get connections(): ConnectionCounts {
    return (this.call.rotation as TargetRotation).counts.connections;
  }

  get holdsPieces(): boolean {
    return this.call.exchange.holdsWritten !== false;
  }

  resumeBody(): void {
    this.resumeClient?.();
  }

  onSent(): void {
    // On a kept connection still within `submit`: that has noted the time.
    this.call.requestSentAt = this.attempt === undefined ? this.call.forwardedAt : monotonicNow();
  }

  /** Goes to the first target. @returns why it cannot go there, where it cannot */
  protected begin(this: this & Request, isFresh: boolean): FailureCause | undefined {
    this.call.exchange.watcher = this;
    return this.submit(isFresh);
  }

  /** Goes to the call's target, as it is by now. @param isFresh whether only a new connection will do */
  protected submit(this: this & Request, isFresh: boolean): FailureCause | undefined {
    const attempt = submitToTarget<Request>(this.call, this, isFresh, this.with);
    if (typeof attempt === "string") return attempt;
    this.attempt = attempt;
    return undefined;
  }

  protected logFailure(cause: FailureCause, failure: string, error: Error | undefined): void {
    const details = { target: this.call.targetAddress, cause, error: String(error ?? failure) };
    this.with.logger.warn("target failed", details);
  }
}
