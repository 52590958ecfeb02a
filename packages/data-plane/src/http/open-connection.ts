import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Call } from "../call.ts";
import type { ClientConnection } from "../exchange.ts";
import type { NodeExchange } from "./node-exchange.ts";

/** A request whose response is not over yet. */
export interface PendingRequest {
  readonly exchange: NodeExchange;
  readonly call: Call;
}

/** From this part of its lifetime on, a connection is told to end with the response at hand, rather than be cut in the next one. */
const lastCallShare = 0.9;

/** A client's connection while it is open. */
export class OpenConnection {
  readonly client: ClientConnection;
  readonly pending = new Set<PendingRequest>();
  /** The response at hand is the last. */
  isEnding = false;
  /** Nothing that still comes in counts: the bytes before it were no request. */
  isOver = false;
  readonly #stream: Duplex;
  #timer: NodeJS.Timeout;

  /** @param maxDuration milliseconds after which the connection is cut */
  constructor(stream: Duplex, client: ClientConnection, maxDuration: number) {
    this.#stream = stream;
    this.client = client;
    this.#timer = setTimeout(() => {
      this.end();
      this.#timer = setTimeout(() => this.#expire(), maxDuration * (1 - lastCallShare)).unref();
    }, maxDuration * lastCallShare).unref();
    stream.once("close", () => clearTimeout(this.#timer));
  }

  /** Closes the connection as soon as no request is in flight. */
  end(): void {
    this.isEnding = true;
    if (this.pending.size === 0) this.#stream.destroy();
  }

  #expire(): void {
    for (const { call } of this.pending) call.fail("connectionTooOld");
    this.#stream.destroy();
  }
}

/** What a request needs to know of a connection; IPv4 addresses that an IPv6 socket shows in IPv6 form are shown as IPv4. */
export function clientOf(
  {
    remoteAddress = "",
    remotePort = 0,
  }: { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined },
  listenerPort: number,
  tls: TLSSocket | undefined,
): ClientConnection {
  const peerAddress = remoteAddress.startsWith("::ffff:") ? remoteAddress.slice("::ffff:".length) : remoteAddress;
  const plain = { listenerPort, peerAddress, peerPort: remotePort };
  if (tls === undefined) return plain;
  const { servername } = tls as TLSSocket & { readonly servername: string | false | undefined };
  return {
    ...plain,
    tls: {
      serverName: typeof servername === "string" ? servername.toLowerCase() : "",
      version: tls.getProtocol() ?? "-",
      cipher: tls.getCipher().name,
    },
  };
}
