import type { Socket } from "node:net";
import { headerValue, monotonicNow } from "@pergola/core";
import type { Call, Verdict } from "../call.ts";
import type { BodySink } from "../exchange.ts";
import type { FailureCause } from "../failure.ts";
import { ForwardedRequest } from "../forwarded-request.ts";
import { namedByConnection } from "../header-names.ts";
import { versionFault } from "../protocol-version.ts";
import { isRepeatable, retarget } from "../retry-target.ts";
import type { HttpForwarding } from "../submit-to-target.ts";
import { type HeaderSection, keptLines } from "./header-section.ts";
import { type KnownName, trait } from "./known-name.ts";
import { openBody } from "./open-body.ts";
import { requestText } from "./request-text.ts";
import type { TargetResponse } from "./response-head.ts";
import type { TargetFailure, TargetRequest } from "./target-request.ts";

/** Forwards to HTTP/1.1 targets, over TCP or TLS; streams both ways. */
export function forwardHttp(forwarding: HttpForwarding<TargetRequest>): (call: Call) => Verdict {
  return (call) => {
    const fault = versionFault(call);
    if (fault !== undefined) return call.fail(fault);
    const text = requestText(call);
    if (text === undefined) return call.fail("malformedRequest");
    return new HttpForward(forwarding, call, text).start();
  };
}

const causes = {
  unreachable: "targetUnreachable",
  stale: "targetClosed",
  closed: "targetClosed",
  protocol: "targetProtocol",
  timeout: "targetTimeout",
} as const satisfies Record<TargetFailure, FailureCause>;

/** One request at one target, and at a second one when the first never saw it. */
class HttpForward extends ForwardedRequest<TargetRequest> implements TargetRequest {
  readonly text: string;
  /** Bytes of the response's body that are still to come; negative when they are not counted. */
  #left = -1;

  constructor(forwarding: HttpForwarding<TargetRequest>, call: Call, text: string) {
    super(forwarding, call);
    this.text = text;
  }

  get upgrade(): readonly string[] | undefined {
    return this.call.exchange.upgrade;
  }

  get awaitsContinue(): boolean {
    return this.call.exchange.awaitsContinue === true;
  }

  get isHead(): boolean {
    return this.call.exchange.head.method === "HEAD";
  }

  get bodyLength(): number {
    return this.call.exchange.contentLength;
  }

  start(): Verdict {
    const refused = this.begin(this.upgrade !== undefined);
    return refused === undefined ? "taken" : this.call.fail(refused);
  }

  openBody(sink: BodySink): void {
    this.resumeClient = openBody(this.call.exchange, sink);
  }

  onResponse({ status, section, length }: TargetResponse): void {
    const { exchange, requestId } = this.call;
    this.call.respondedAt = monotonicNow();
    this.#left = Number.isFinite(length) ? length : -1;
    const named = (section.traits & trait.connection) === 0 ? undefined : namedByConnection(section.rawHeaders);
    if (section.isPlain && named === undefined && status !== 204 && exchange.respondLines !== undefined) {
      const lines = `${keptLines(section, trait.notToClient)}x-amzn-requestid: ${requestId}\r\n`;
      exchange.respondLines(status, lines, this.#left, (section.traits & trait.date) !== 0);
    } else exchange.respond(status, keptHeaders(section, status, named, requestId));
    this.call.status = status;
  }

  onInterim({ status, section }: TargetResponse): void {
    const { exchange, requestId } = this.call;
    exchange.inform?.(status, keptHeaders(section, status, namedByConnection(section.rawHeaders), requestId));
  }

  onUpgrade({ section }: TargetResponse, socket: Socket, first: Buffer): void {
    const { exchange, requestId } = this.call;
    const { rawHeaders } = section;
    this.isOver = true;
    this.call.respondedAt = monotonicNow();
    this.call.status = 101;
    const headers = keptHeaders(section, 101, namedByConnection(rawHeaders), requestId);
    headers.push("connection", "upgrade", "upgrade", headerValue(rawHeaders, "upgrade") ?? "");
    exchange.openTunnel?.(headers, socket, first);
  }

  onPiece(piece: Buffer): boolean {
    const { exchange } = this.call;
    if (this.#left > 0) this.#left -= piece.length;
    if (this.#left !== 0) return exchange.write(piece);
    // The last bytes and the end leave in one write.
    exchange.end(piece);
    this.isOver = true;
    return true;
  }

  get takesText(): boolean {
    return this.call.exchange.endText !== undefined;
  }

  onText(body: string): void {
    this.call.exchange.endText?.(body);
    this.isOver = true;
  }

  onEnd(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.call.exchange.end();
  }

  onFailure(failure: TargetFailure, error: Error | undefined): void {
    if (this.isOver || this.#retry(failure)) return;
    this.isOver = true;
    const cause = causes[failure];
    this.logFailure(cause, failure, error);
    const { exchange } = this.call;
    const answer = this.call.fail(cause);
    if (exchange.responded) exchange.cut();
    else this.with.sendAnswer(this.call, answer);
  }

  /** Once, and only when the target cannot have acted on the request. */
  #retry(failure: TargetFailure): boolean {
    const { exchange } = this.call;
    if (this.retried || exchange.responded) return false;
    const isUnsent = failure === "unreachable";
    const isStale = failure === "stale" && isRepeatable(this.call);
    if (!isUnsent && !isStale) return false;
    if (!retarget(this.call, isUnsent, this.with.metrics)) return false;
    this.retried = true;
    // What has closed one kept connection, a restart say, has closed the others too.
    return this.submit(isStale || this.upgrade !== undefined) === undefined;
  }

  onClientGone(): void {
    this.isOver = true;
    this.attempt?.abort();
  }
}

function keptHeaders(
  { names, rawHeaders }: HeaderSection,
  status: number,
  named: ReadonlySet<string> | undefined,
  requestId: string,
): string[] {
  const dropped = trait.notToClient | (status === 204 || status < 200 ? trait.contentLength : 0);
  const kept: string[] = [];
  for (let i = 0; i < names.length; i += 1) {
    const { text, traits } = names[i] as KnownName;
    if ((traits & dropped) !== 0 || named?.has(text.toLowerCase()) === true) continue;
    kept.push(text, rawHeaders[2 * i + 1] as string);
  }
  kept.push("x-amzn-requestid", requestId);
  return kept;
}
