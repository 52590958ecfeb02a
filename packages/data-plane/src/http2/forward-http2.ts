import { headerValue, monotonicNow } from "@pergola/core";
import type { Call, Verdict } from "../call.ts";
import type { BodySink } from "../exchange.ts";
import type { FailureCause } from "../failure.ts";
import { ForwardedRequest } from "../forwarded-request.ts";
import { deadlineOf, grpcStatusIn } from "../grpc/grpc-call.ts";
import { grpcStatusOf, statusFields } from "../grpc/grpc-status.ts";
import { openBody } from "../http1/open-body.ts";
import { versionFault } from "../protocol-version.ts";
import { responseHeaders } from "../response-headers.ts";
import { isRepeatable, retarget } from "../retry-target.ts";
import type { HttpForwarding } from "../submit-to-target.ts";
import { ReplayedBody } from "./replayed-body.ts";
import { requestFields } from "./request-fields.ts";
import type { StreamFailure, StreamRequest } from "./target-stream.ts";
import { responseTrailers } from "./trailers.ts";

/** Forwards to targets that speak HTTP/2, by ALPN over TLS or with prior knowledge over TCP; streams both ways. */
export function forwardHttp2(forwarding: HttpForwarding<StreamRequest>): (call: Call) => Verdict {
  return (call) => {
    const fault = versionFault(call);
    if (fault !== undefined) return call.fail(fault);
    const isTls = call.targetGroup?.config.protocol === "HTTPS";
    const fields = requestFields(call, isTls ? "https" : "http");
    if (fields === undefined) return call.fail("malformedRequest");
    return new Http2Forward(forwarding, call, fields).start();
  };
}

const causes = {
  unreachable: "targetUnreachable",
  refused: "targetBusy",
  stale: "targetClosed",
  closed: "targetClosed",
  protocol: "targetProtocol",
  timeout: "targetTimeout",
} as const satisfies Record<StreamFailure, FailureCause>;

/** One request at one target, and at a second one when the first has not looked at it. */
class Http2Forward extends ForwardedRequest<StreamRequest> implements StreamRequest {
  readonly fields: string[];
  readonly hasBody: boolean;
  #body: ReplayedBody | undefined;
  readonly #isGrpc: boolean;
  #deadline: NodeJS.Timeout | undefined;

  constructor(forwarding: HttpForwarding<StreamRequest>, call: Call, fields: string[]) {
    super(forwarding, call);
    this.fields = fields;
    this.hasBody = call.exchange.contentLength !== 0;
    this.#isGrpc = call.isGrpc;
  }

  start(): Verdict {
    const refused = this.begin(false);
    if (refused !== undefined) return this.call.fail(refused);
    const deadline = this.#isGrpc ? deadlineOf(this.call.exchange.head) : undefined;
    if (deadline !== undefined) this.#deadline = setTimeout(() => this.#onDeadline(), deadline);
    return "taken";
  }

  /** Nobody waits for the answer any more. */
  #onDeadline(): void {
    this.attempt?.abort();
    this.#giveUp("deadlineExceeded");
  }

  openBody(sink: BodySink): void {
    if (this.#body === undefined) {
      this.#body = new ReplayedBody();
      this.#body.attach(sink);
      this.resumeClient = openBody(this.call.exchange, this.#body);
    } else {
      this.#body.attach(sink);
      this.resumeClient?.();
    }
  }

  onInterim(status: number, rawHeaders: readonly string[]): void {
    this.call.exchange.inform?.(status, responseHeaders(status, rawHeaders, this.call.requestId));
  }

  onResponse(status: number, rawHeaders: readonly string[], isWhole: boolean): void {
    const { exchange, requestId } = this.call;
    this.#body?.settle();
    this.call.respondedAt = monotonicNow();
    if (this.#isGrpc && isWhole) this.call.grpcStatus = grpcStatusIn(rawHeaders) ?? "-";
    exchange.respond(status, responseHeaders(status, rawHeaders, requestId), !isWhole && mayHaveTrailers(rawHeaders));
    this.call.status = status;
    // The head must not wait for a body that takes its time.
    if (!isWhole) exchange.write(nothing);
  }

  onPiece(piece: Buffer): boolean {
    return this.call.exchange.write(piece);
  }

  onEnd(trailers: readonly string[] | undefined): void {
    if (this.isOver) return;
    this.#finish();
    const { exchange } = this.call;
    if (this.#isGrpc && trailers !== undefined) this.call.grpcStatus = grpcStatusIn(trailers) ?? "-";
    if (trailers === undefined || exchange.endWithTrailers === undefined) exchange.end();
    else exchange.endWithTrailers(responseTrailers(trailers));
  }

  onFailure(failure: StreamFailure, error: Error | undefined): void {
    if (this.isOver || this.#retry(failure)) return;
    const cause = causes[failure];
    this.logFailure(cause, failure, error);
    this.#giveUp(cause);
  }

  #giveUp(cause: FailureCause): void {
    this.#finish();
    const { exchange } = this.call;
    const answer = this.call.fail(cause);
    if (!exchange.responded) this.with.sendAnswer(this.call, answer);
    else if (this.#isGrpc && exchange.endWithTrailers !== undefined) {
      // What has come so far was part of a stream of messages: this is how it ends.
      this.call.grpcStatus = grpcStatusOf(answer);
      exchange.endWithTrailers(statusFields(this.call.grpcStatus, answer.text));
    } else exchange.cut();
  }

  #finish(): void {
    this.isOver = true;
    clearTimeout(this.#deadline);
  }

  /** Once, and only when the target cannot have acted on the request. */
  #retry(failure: StreamFailure): boolean {
    if (this.retried || this.call.exchange.responded) return false;
    const isUnseen = failure === "unreachable" || failure === "refused";
    if (!isUnseen && !(failure === "stale" && isRepeatable(this.call))) return false;
    if (this.#body?.canReplay === false) return false;
    if (!retarget(this.call, failure === "unreachable", this.with.metrics)) return false;
    this.retried = true;
    return this.submit(failure === "stale") === undefined;
  }

  onClientGone(): void {
    this.#finish();
    this.attempt?.abort();
  }
}

/** A response that has counted its body has trailers only when it says so; waiting for them costs a frame. */
function mayHaveTrailers(rawHeaders: readonly string[]): boolean {
  return headerValue(rawHeaders, "content-length") === undefined || headerValue(rawHeaders, "trailer") !== undefined;
}

const nothing = Buffer.alloc(0);
