import {
  type ActionSnapshot,
  type FailureReason,
  monotonicNow,
  type SourceVpc,
  type TargetGroupSnapshot,
} from "@pergola/core";
import { anonymous, type Credential, type Principal } from "@pergola/iam";
import { callerHeaders } from "./caller-headers.ts";
import type { CompiledNetwork } from "./configuration/compile-network.ts";
import type { CompiledListener, CompiledService } from "./configuration/compile-service.ts";
import type { RoutableTarget, TargetRotation } from "./configuration/compile-targets.ts";
import type { Exchange } from "./exchange.ts";
import { type Failure, type FailureCause, failures } from "./failure.ts";
import { isGrpc } from "./grpc/grpc-call.ts";
import type { RequestSpan } from "./tracing/request-tracing.ts";

/** An answer of the data plane itself. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** What calls of gRPC are told, where it does not follow from the status. */
  readonly grpc?: number;
}

/** A service that may be meant, with its listener for the port. */
export interface Candidate {
  readonly service: CompiledService;
  readonly listener: CompiledListener;
}

/** A request on its way through the stages: each fills in what it has found out. One object a request, one shape. */
export class Call {
  readonly exchange: Exchange;
  readonly requestId: string;
  readonly now: Date;
  /** Milliseconds of the monotonic clock. */
  readonly startedAt: number;

  /** Not empty once the name is resolved. */
  candidates: readonly Candidate[] = none;
  service: CompiledService | undefined = undefined;
  listener: CompiledListener | undefined = undefined;
  network: CompiledNetwork | undefined = undefined;
  sourceVpc: SourceVpc | undefined = undefined;
  principal: Principal = anonymous;
  credential: Credential | undefined = undefined;
  action: ActionSnapshot | undefined = undefined;
  targetGroup: TargetGroupSnapshot | undefined = undefined;
  rotation: TargetRotation | undefined = undefined;
  target: RoutableTarget | undefined = undefined;
  /** That of a first attempt, when nobody was there. */
  failedTarget: RoutableTarget | undefined = undefined;

  /** Where requests are traced. */
  span: RequestSpan | undefined = undefined;

  #callerHeaders: readonly string[] | undefined = undefined;

  /** Milliseconds of the monotonic clock; 0 until it has happened. */
  forwardedAt = 0;
  requestSentAt = 0;
  respondedAt = 0;
  /** For the access record. */
  targetAddress = "-";
  resolvedUser = "-";
  authDeniedReason = "-";
  failure: FailureReason | "-" = "-";
  status = 0;
  /** What the response to a call of gRPC ended in. */
  grpcStatus: number | "-" = "-";

  constructor(exchange: Exchange, requestId: string, now: Date) {
    this.exchange = exchange;
    this.requestId = requestId;
    this.now = now;
    this.startedAt = monotonicNow();
  }

  /** The headers that policies and rules go by, names and values in turn. */
  get callerHeaders(): readonly string[] {
    this.#callerHeaders ??= callerHeaders(this.exchange);
    return this.#callerHeaders;
  }

  /** Whether the client speaks gRPC, and looks for errors in `grpc-status` only. */
  get isGrpc(): boolean {
    return isGrpc(this.exchange.head);
  }

  /** Notes the first failure and gives the answer to it. */
  fail(cause: FailureCause, text: string = failures[cause].text): Answer {
    const { status, reason, grpc }: Failure = failures[cause];
    if (this.failure === "-") this.failure = reason;
    return grpc === undefined ? { status, text } : { status, text, grpc };
  }
}

const none: readonly Candidate[] = [];

/**
 * One step. It gives an answer, which ends the way through the stages; `undefined`, and the next one has its turn; or
 * `taken` when it sees to the response itself. A promise only where configuration, or a part of the program, is not in memory yet.
 */
export type Stage = (call: Call) => Verdict | Promise<Verdict>;
export type Verdict = Answer | "taken" | undefined;
