import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ClientConnection } from "../exchange.ts";
import { type ConnectionParts, Http1Connection } from "../http1/client-connection.ts";
import { CoarseClock } from "../http1/coarse-clock.ts";
import { Http2Connection } from "../http2/client-session.ts";
import type { Metrics } from "../metrics.ts";
import type { Passthrough } from "../passthrough/passthrough.ts";
import type { Pipeline } from "../pipeline.ts";
import type { DataPlanePorts, ResolvedOptions } from "../ports.ts";
import { Tunnels } from "../tcp/tunnels.ts";
import { clientOf } from "./client-address.ts";
import { ConnectionNotes } from "./connection-notes.ts";
import type { ClientEndpoint } from "./proxy-header.ts";
import { type ConnectionTaker, recognise } from "./recognise.ts";
import { maxRefusals, refuseConnection } from "./refuse-connection.ts";
import type { TicketKeys } from "./ticket-keys.ts";
import { createTlsTermination, type TlsTermination } from "./tls-server.ts";

/** A listener port that is open. */
export interface PortServer {
  readonly listenerPort: number;
  readonly address: AddressInfo;
  /**
   * Stops accepting, lets requests in flight finish, and closes.
   * @param restMs for how long a connection at rest stays open, so that a request that is on its way to it still is answered (with
   * `connection: close`); milliseconds, default 0
   */
  close(restMs?: number): Promise<void>;
  /** Closes every connection at once. */
  destroy(): void;
}

interface PortParts {
  readonly listenerPort: number;
  readonly ticketKeys: TicketKeys;
  readonly pipeline: Pipeline;
  readonly passthrough: Passthrough;
  readonly ports: DataPlanePorts;
  readonly options: ResolvedOptions;
  readonly metrics: Metrics;
}

/**
 * Opens a port. Services come and go while it is open, so each connection shows by its first bytes whether it is TLS or HTTP/2;
 * whether there is a listener of that protocol is the pipeline's to say.
 * @throws the system's error when the address cannot be bound
 */
export async function openPort(parts: PortParts, bind: { host: string; port: number }): Promise<PortServer> {
  const port = new Port(parts);
  await port.listen(bind);
  return port;
}

class Port implements PortServer, ConnectionTaker {
  readonly listenerPort: number;
  readonly #parts: PortParts;
  readonly #tcp: TcpServer;
  readonly #tls: TlsTermination;
  readonly #clock: CoarseClock;
  readonly #connectionParts: ConnectionParts;
  readonly #sockets = new Set<Socket>();
  /** Connections that have not shown yet what they are. */
  readonly #silent = new Set<Socket>();
  readonly #connections = new Set<Http1Connection | Http2Connection>();
  readonly #tunnels: Tunnels;
  /** Those behind proxies. */
  readonly #clients = new ConnectionNotes<ClientEndpoint>();
  readonly #serverNames = new ConnectionNotes<string>();
  #isClosing = false;

  constructor(parts: PortParts) {
    this.#parts = parts;
    this.listenerPort = parts.listenerPort;
    const { headersTimeout, keepAliveTimeout, maxConnectionDuration, maxConnections } = parts.options;
    this.#clock = new CoarseClock(Math.min(headersTimeout, keepAliveTimeout, maxConnectionDuration));
    this.#tunnels = new Tunnels(this.#clock);
    const { pipeline, options, metrics } = parts;
    this.#connectionParts = { pipeline, options, metrics, clock: this.#clock };
    this.#tls = createTlsTermination(parts.ports.certificates, headersTimeout, parts.ticketKeys, parts.ports.logger);
    this.#tls.server.on("secureConnection", (socket) => {
      this.#serve(socket, socket, socket.alpnProtocol === "h2" ? "http2" : "http1", undefined);
    });
    this.#tls.server.on("tlsClientError", (_error, socket) => {
      parts.metrics.tlsErrors += 1;
      socket.destroy();
    });
    this.#tcp = createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    this.#tcp.maxConnections = maxConnections + maxRefusals;
  }

  get address(): AddressInfo {
    return this.#tcp.address() as AddressInfo;
  }

  listen({ host, port }: { host: string; port: number }): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#tcp.once("error", reject);
    this.#tcp.listen({ host, port, backlog: 4096 }, () => {
      this.#tcp.off("error", reject);
      this.#tcp.on("error", (error) => this.#parts.ports.logger.error("port failed", { error: String(error) }));
      resolve();
    });
    return promise;
  }

  close(restMs = 0): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#isClosing = true;
    const timer = restMs === 0 ? undefined : setTimeout(() => this.#endAll(), restMs);
    // Later than the socket is closed, also where another process has it: whoever hears of it connects anew at once.
    const lastCall =
      restMs === 0 ? undefined : setTimeout(() => this.#callLast(), Math.min(restMs / 5, longestCloseMs));
    this.#tcp.close(() => {
      clearTimeout(timer);
      clearTimeout(lastCall);
      this.#clock.stop();
      this.#tls.stop();
      resolve();
    });
    if (restMs === 0) this.#endAll();
    return promise;
  }

  /** Tells clients to go elsewhere with what comes next. */
  #callLast(): void {
    for (const connection of this.#connections) callLast(connection);
  }

  #endAll(): void {
    for (const socket of this.#silent) socket.destroy();
    for (const connection of this.#connections) connection.end();
    this.#tunnels.end();
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    const { metrics, options } = this.#parts;
    if (this.#sockets.size >= options.maxConnections) {
      metrics.refusedConnections += 1;
      refuseConnection(socket);
      return;
    }
    metrics.connections += 1;
    this.#sockets.add(socket);
    // A reset by the client; `close` follows, and whoever has the connection by then learns of it there.
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(socket));
    this.#silent.add(socket);
    recognise(socket, options.isProxy(socket.remoteAddress ?? ""), options.headersTimeout, this);
  }

  onRecognised(socket: Socket): void {
    this.#silent.delete(socket);
  }

  onProxied(socket: Socket, client: ClientEndpoint): void {
    this.#clients.note(socket, client);
  }

  onBrokenProxy(socket: Socket): void {
    this.#parts.metrics.malformed += 1;
    socket.destroy();
  }

  /** Who passes TLS through is known by the server name; whatever else there is to say about a ClientHello, TLS itself says. */
  onHello(socket: Socket, bytes: Buffer, serverName: string | undefined): void {
    if (serverName === undefined) this.#terminateTls(socket, bytes);
    else this.#passOrTerminate(socket, bytes, serverName);
  }

  onHttp(socket: Socket, protocol: "http1" | "http2", first: Buffer): void {
    this.#serve(socket, undefined, protocol, first);
  }

  #passOrTerminate(socket: Socket, bytes: Buffer, serverName: string): void {
    const hello = {
      socket,
      client: this.#clientOf(socket, undefined),
      serverName,
      bytes,
    };
    void this.#parts.passthrough(hello, this.#tunnels).then((isTaken) => {
      if (isTaken || socket.destroyed) return;
      this.#serverNames.note(socket, serverName);
      this.#terminateTls(socket, bytes);
    });
  }

  #clientOf(stream: Socket, tls: TLSSocket | undefined): ClientConnection {
    const serverName = tls && this.#serverNames.of(stream);
    return clientOf(stream, this.listenerPort, tls, { client: this.#clients.of(stream), serverName });
  }

  #terminateTls(socket: Socket, bytes: Buffer): void {
    if (socket.destroyed) return;
    socket.unshift(bytes);
    this.#tls.server.emit("connection", socket);
    process.nextTick(() => socket.resume());
  }

  /** @param first what the client has sent already */
  #serve(stream: Socket, tls: TLSSocket | undefined, protocol: "http1" | "http2", first: Buffer | undefined): void {
    const Connection = protocol === "http2" ? Http2Connection : Http1Connection;
    const connection = new Connection(stream, this.#clientOf(stream, tls), this.#connectionParts);
    this.#connections.add(connection);
    if (this.#isClosing) callLast(connection);
    stream.once("close", () => this.#connections.delete(connection));
    if (first !== undefined) connection.takeFirst(first);
  }
}

/** Its next request is its last, at the latest. */
function callLast(connection: Http1Connection | Http2Connection): void {
  if (connection instanceof Http1Connection) connection.callLast();
  else connection.end();
}

/** What it takes at most, in milliseconds, until a listening socket that several processes share is closed. */
const longestCloseMs = 100;
