import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** Each octave of microseconds has so many buckets of the same width: a quantile is within 7 % of the truth. */
const bucketsPerOctave = 8;
/** Up to 2^31 µs, 36 minutes; what takes longer is in the last one. */
const buckets = 29 * bucketsPerOctave;
const longest = 2 ** 31 - 1;

/** How long requests took, as it is read. */
export interface DurationTotals {
  /** Milliseconds, all of them together. */
  readonly sum: number;
  /** Milliseconds; 0 until there is one. */
  readonly longest: number;
  /** @returns buckets that are not empty, shortest first */
  filled(): readonly DurationBucket[];
}

/** From (included) and to (not included) in milliseconds. */
export interface DurationBucket {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** How long requests took. To note one is integer arithmetic and one addition. */
export class DurationHistogram implements DurationTotals {
  /** Milliseconds, all of them together. */
  sum = 0;
  /** Milliseconds; 0 until there is one. */
  longest = 0;
  readonly #counts = new Float64Array(buckets);

  /** @param milliseconds not negative */
  note(milliseconds: number): void {
    const micros = milliseconds * 1_000 < longest ? (milliseconds * 1_000) | 0 : longest;
    const at = bucketOf(micros);
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.sum += milliseconds;
    if (milliseconds > this.longest) this.longest = milliseconds;
  }

  filled(): DurationBucket[] {
    const found: DurationBucket[] = [];
    for (const [at, count] of this.#counts.entries()) {
      if (count > 0) found.push({ from: microsAt(at) / 1_000, to: microsAt(at + 1) / 1_000, count });
    }
    return found;
  }
}

function bucketOf(micros: number): number {
  if (micros < bucketsPerOctave) return micros;
  const octave = 31 - Math.clz32(micros);
  return ((octave - 2) << 3) | ((micros >> (octave - 3)) & 7);
}

/** The inverse: where a bucket begins. */
function microsAt(bucket: number): number {
  if (bucket < bucketsPerOctave) return bucket;
  return (bucketsPerOctave + (bucket & 7)) * 2 ** ((bucket >> 3) - 1);
}

/** Requests of one service or to one target group, since the start, as they are read. */
export interface RequestTotals {
  readonly total: number;
  readonly active: number;
  readonly status2xx: number;
  readonly status3xx: number;
  readonly status4xx: number;
  readonly status5xx: number;
  readonly timeouts: number;
  readonly times: DurationTotals;
}

/** Requests of one service or to one target group, since the start. Kept by reference: the hot path looks nothing up. */
export class RequestCounts implements RequestTotals {
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

/** Connections that were opened for one target group, as they are read: `ConnectionCounts` says what they are. */
export interface ConnectionTotals {
  readonly total: number;
  readonly http1: number;
  readonly http2: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly tlsHandshakes: number;
  readonly tlsErrors: number;
  readonly active: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** Connections that were opened for one target group, since the start; where groups share a target, for whichever came first. */
export class ConnectionCounts implements ConnectionTotals {
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
