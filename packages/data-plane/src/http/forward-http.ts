import type { Logger, TargetDirectory } from "@pergola/core";
import type { Dispatcher } from "undici";
import type { Call, Verdict } from "../call.ts";
import type { CompiledService } from "../configuration/compile-service.ts";
import { nextTarget, type RoutableTarget } from "../configuration/compile-targets.ts";
import type { FailureCause } from "../failure.ts";
import { dropsFromResponse, namedByConnection } from "../header-names.ts";
import type { Metrics } from "../metrics.ts";
import { requestHeaders } from "../request-headers.ts";
import type { SendAnswer } from "../send-answer.ts";
import { failureOf, isStaleConnection, neverConnected } from "./target-error.ts";
import type { TargetPool, TargetPools } from "./target-pools.ts";

interface HttpForwarding {
  readonly pools: TargetPools;
  readonly targets: TargetDirectory;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly sendAnswer: SendAnswer;
}

/** Forwards to HTTP/1.1 targets, over TCP or TLS; streams both ways. */
export function forwardHttp(forwarding: HttpForwarding): (call: Call) => Verdict {
  return (call) => {
    const config = call.targetGroup?.config;
    if (config?.protocolVersion === "HTTP2" || config?.protocolVersion === "GRPC") return call.fail("versionMismatch");
    if (config?.protocol === "TCP") return call.fail("versionMismatch");
    return new HttpForward(forwarding, call).start();
  };
}

/** Safe to repeat, as far as HTTP can say. Source: RFC 9110 §9.2.2. */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** One request at one target, and at a second one when the first never saw it. */
class HttpForward implements Dispatcher.DispatchHandler {
  readonly #with: HttpForwarding;
  readonly #call: Call;
  #options: Dispatcher.DispatchOptions | undefined;
  #pool: TargetPool | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #connected = false;
  #clientGone = false;
  #retried = false;
  /** The target's Content-Length; -1 when it frames otherwise. */
  #length = -1;
  #received = 0;

  constructor(forwarding: HttpForwarding, call: Call) {
    this.#with = forwarding;
    this.#call = call;
  }

  start(): Verdict {
    const { exchange } = this.#call;
    exchange.onDrain = () => this.#controller?.resume();
    exchange.onClientGone = () => this.#onClientGone();
    const refused = this.#dispatch(this.#call.target as RoutableTarget);
    return refused === undefined ? "taken" : this.#call.fail(refused);
  }

  #dispatch(target: RoutableTarget): FailureCause | undefined {
    const { targetGroup } = this.#call;
    const address = addressOf(target, targetGroup?.type, this.#with.targets);
    if (address === undefined) return "targetUnreachable";
    const isTls = targetGroup?.config.protocol === "HTTPS";
    const authority = `${address}:${target.port ?? targetGroup?.config.port ?? (isTls ? 443 : 80)}`;
    const pool = this.#with.pools.acquire(isTls ? `https://${authority}` : `http://${authority}`);
    if (pool === undefined) return "targetBusy";
    this.#call.targetAddress = authority;
    this.#call.forwardedAt = performance.now();
    this.#pool = pool;
    pool.inFlight += 1;
    // Not before there is a pool: opening the body asks the client for it.
    this.#options ??= dispatchOptions(this.#call);
    pool.pool.dispatch(this.#options, this);
    return undefined;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#connected = true;
    if (this.#clientGone) controller.abort(new Error("client is gone"));
  }

  onRequestSent(): void {
    this.#call.requestSentAt = performance.now();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    // Interim responses other than 100, which undici treats itself: not forwarded.
    if (status < 200) return;
    this.#call.respondedAt = performance.now();
    const raw = controller.rawHeaders as readonly Buffer[];
    const headers: string[] = [];
    for (let i = 0; i < raw.length; i += 1) headers.push((raw[i] as Buffer).toString("latin1"));
    this.#call.exchange.respond(status, this.#kept(headers, status));
    this.#call.status = status;
  }

  #kept(headers: readonly string[], status: number): string[] {
    const named = namedByConnection(headers);
    const kept: string[] = [];
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string;
      if (dropsFromResponse(name) || named?.has(name.toLowerCase()) === true) continue;
      if (name.length === "content-length".length && name.toLowerCase() === "content-length") {
        if (status === 204) continue;
        this.#length = Number(headers[i + 1]);
      }
      kept.push(name, headers[i + 1] as string);
    }
    kept.push("x-amzn-requestid", this.#call.requestId);
    return kept;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { exchange } = this.#call;
    this.#received += chunk.length;
    // The last bytes and the end leave in one write.
    if (this.#received === this.#length) exchange.end(chunk);
    else if (!exchange.write(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.#release();
    if (this.#received !== this.#length || this.#length === 0) this.#call.exchange.end();
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#release();
    if (this.#clientGone || this.#retry(error)) return;
    const cause = failureOf(error, this.#connected);
    this.#with.logger.warn("target failed", { target: this.#call.targetAddress, cause, error: String(error) });
    const { exchange } = this.#call;
    const answer = this.#call.fail(cause);
    if (exchange.responded) exchange.cut();
    else this.#with.sendAnswer(this.#call, answer);
  }

  /** Once, and only when the target cannot have acted on the request. */
  #retry(error: Error): boolean {
    const { exchange, rotation } = this.#call;
    if (this.#retried || exchange.responded) return false;
    const unsent = !this.#connected && neverConnected(error);
    const stale = this.#connected && isStaleConnection(error) && exchange.contentLength === 0;
    if (!unsent && !(stale && idempotent.has(exchange.head.method))) return false;
    const target = rotation && nextTarget(rotation);
    // Nobody was there: the same target again would only double the wait.
    if (target === undefined || (unsent && sameTarget(target, this.#call.target))) return false;
    this.#retried = true;
    this.#connected = false;
    this.#controller = undefined;
    this.#call.target = target;
    this.#with.metrics.retries += 1;
    return this.#dispatch(target) === undefined;
  }

  #onClientGone(): void {
    this.#clientGone = true;
    this.#controller?.abort(new Error("client is gone"));
  }

  #release(): void {
    if (this.#pool === undefined) return;
    this.#pool.inFlight -= 1;
    this.#pool = undefined;
  }
}

function sameTarget(a: RoutableTarget, b: RoutableTarget | undefined): boolean {
  return a.id === b?.id && a.port === b.port;
}

/** @returns the address as an authority writes it: IPv6 in brackets */
function addressOf({ id }: RoutableTarget, type: string | undefined, targets: TargetDirectory): string | undefined {
  const address = type === "INSTANCE" || type === "ALB" ? targets.addressOf({ type, id }) : id;
  return address?.includes(":") === true && !address.startsWith("[") ? `[${address}]` : address;
}

function dispatchOptions(call: Call): Dispatcher.DispatchOptions {
  const { exchange, service } = call;
  const { idleTimeoutMs, snapshot } = service as CompiledService;
  return {
    path: exchange.head.target,
    method: exchange.head.method as Dispatcher.HttpMethod,
    headers: requestHeaders(call),
    body: exchange.contentLength === 0 ? null : exchange.openBody(),
    headersTimeout: idleTimeoutMs,
    bodyTimeout: idleTimeoutMs,
    // Fixed for a service: undici would take it from Host, and close a kept connection whenever it differs.
    servername: snapshot.customDomainName ?? snapshot.domainName,
  } as Dispatcher.DispatchOptions;
}
