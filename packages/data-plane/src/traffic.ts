import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { DurationHistogram, type DurationTotals } from "./duration-histogram.ts";

/** Requests of one service or to one target group, since the start, as they are read. */
export interface RequestTotals extends Readonly<Omit<RequestCounts, "count" | "times">> {
  readonly times: DurationTotals;
}

/** Requests of one service or to one target group, since the start. Kept by reference: the hot path looks nothing up. */
export class RequestCounts {
  total = 0;
  active = 0;
  status2xx = 0;
  status3xx = 0;
  status4xx = 0;
  status5xx = 0;
  /** Those whose target did not answer in time. */
  timeouts = 0;
  readonly times = new DurationHistogram();

  /**
   * Counts a request that is over.
   * @param status 0 when there was none
   * @param milliseconds from its head to the end of its response
   */
  count(status: number, milliseconds: number, isTimeout: boolean): void {
    this.total += 1;
    if (status >= 500) this.status5xx += 1;
    else if (status >= 400) this.status4xx += 1;
    else if (status >= 300) this.status3xx += 1;
    else if (status >= 200) this.status2xx += 1;
    if (isTimeout) this.timeouts += 1;
    // What was an upgrade has taken as long as its tunnel was open.
    if (status !== 101) this.times.note(milliseconds);
  }
}

/** Connections that were opened for one target group, as they are read. */
export type ConnectionTotals = Readonly<Omit<ConnectionCounts, "opening" | "opened" | "closed" | "failed">>;

/** Connections that were opened for one target group, since the start; where groups share a target, for whichever came first. */
export class ConnectionCounts {
  total = 0;
  http1 = 0;
  http2 = 0;
  /** Could not be opened. */
  errors = 0;
  /** Of those, the ones that took too long. */
  timeouts = 0;
  tlsHandshakes = 0;
  /** TLS connections that could not be opened although somebody was there. */
  tlsErrors = 0;
  readonly #open = new Set<Socket>();
  readonly #reached = new WeakSet<Socket>();
  #closedSent = 0;
  #closedReceived = 0;

  get active(): number {
    return this.#open.size;
  }

  get bytesSent(): number {
    let sum = this.#closedSent;
    for (const socket of this.#open) sum += socket.bytesWritten;
    return sum;
  }

  get bytesReceived(): number {
    let sum = this.#closedReceived;
    for (const socket of this.#open) sum += socket.bytesRead;
    return sum;
  }

  /** @param socket not connected yet */
  opening(socket: Socket): void {
    if (isTls(socket)) socket.once("connect", () => this.#reached.add(socket));
  }

  /** @param protocol `tcp` for what is not looked into */
  opened(socket: Socket, protocol: "http1" | "http2" | "tcp"): void {
    this.total += 1;
    if (protocol === "http1") this.http1 += 1;
    else if (protocol === "http2") this.http2 += 1;
    if (isTls(socket)) this.tlsHandshakes += 1;
    this.#open.add(socket);
  }

  /** The connection is closed, or is no longer one of requests. One that was never opened does not matter. */
  closed(socket: Socket): void {
    if (!this.#open.delete(socket)) return;
    this.#closedSent += socket.bytesWritten;
    this.#closedReceived += socket.bytesRead;
  }

  /** @param socket the one that could not be opened, where it is at hand */
  failed(socket: Socket | undefined, isTimeout: boolean): void {
    this.errors += 1;
    if (isTimeout) this.timeouts += 1;
    if (socket !== undefined && this.#reached.has(socket)) this.tlsErrors += 1;
  }
}

function isTls(socket: Socket): boolean {
  return (socket as Partial<TLSSocket>).encrypted === true;
}

export class TargetGroupCounts {
  readonly requests = new RequestCounts();
  readonly connections = new ConnectionCounts();
}

/** What has gone through the data plane, by what is configured now; of what never had a request there is nothing. */
export interface Traffic {
  readonly services: readonly ServiceTraffic[];
  readonly targetGroups: readonly TargetGroupTraffic[];
}

export interface ServiceTraffic {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly requests: RequestTotals;
}

export interface TargetGroupTraffic {
  readonly id: string;
  readonly arn: string;
  readonly requests: RequestTotals;
  readonly connections: ConnectionTotals;
}
