import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ClientConnection } from "../exchange.ts";
import { type ConnectionParts, Http1Connection } from "../http1/client-connection.ts";
import { CoarseClock } from "../http1/coarse-clock.ts";
import { closingAnswer } from "../http1/response-text.ts";
import { Http2Connection } from "../http2/client-session.ts";
import type { Metrics } from "../metrics.ts";
import { ClientHelloReader } from "../passthrough/client-hello.ts";
import type { Passthrough } from "../passthrough/passthrough.ts";
import type { Pipeline } from "../pipeline.ts";
import type { DataPlanePorts, ResolvedOptions } from "../ports.ts";
import { Tunnels } from "../tcp/tunnels.ts";
import { clientOf } from "./client-address.ts";
import { ConnectionNotes } from "./connection-notes.ts";
import { type FirstProtocol, protocolOf } from "./first-bytes.ts";
import { type ClientEndpoint, readProxyHeader } from "./proxy-header.ts";
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

/** A TLS connection whose ClientHello has been read. */
export interface HelloConnection {
  /** Paused. */
  readonly socket: Socket;
  readonly client: ClientConnection;
  /** In lower case. */
  readonly serverName: string;
  /** All that the client has sent. */
  readonly bytes: Buffer;
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

class Port implements PortServer {
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
      if (socket.alpnProtocol === "h2") this.#startHttp2(socket, socket, undefined);
      else this.#startHttp1(socket, socket, undefined);
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
      refuse(socket);
      return;
    }
    metrics.connections += 1;
    this.#sockets.add(socket);
    this.#silent.add(socket);
    // A reset by the client; `close` follows, and whoever has the connection by then learns of it there.
    socket.on("error", () => socket.destroy());
    const giveUp = (): void => void socket.destroy();
    const timer = setTimeout(giveUp, options.headersTimeout);
    const isKnown = (): void => {
      clearTimeout(timer);
      socket.off("end", giveUp);
      this.#silent.delete(socket);
    };
    socket.once("end", giveUp);
    socket.once("close", () => {
      isKnown();
      this.#sockets.delete(socket);
    });
    const start = (before: Buffer | undefined): void => this.#start(socket, before, isKnown);
    if (options.isProxy(socket.remoteAddress ?? "")) this.#readProxy(socket, undefined, start);
    else start(undefined);
  }

  /** The client's own bytes begin behind the header. A proxy that sends none is not configured as it should be: nobody is let in. */
  #readProxy(socket: Socket, before: Buffer | undefined, start: (rest: Buffer | undefined) => void): void {
    socket.once("data", (chunk: Buffer) => {
      const bytes = before === undefined ? chunk : Buffer.concat([before, chunk]);
      const reading = readProxyHeader(bytes);
      if (reading.kind === "incomplete") this.#readProxy(socket, bytes, start);
      else if (reading.kind === "broken") {
        this.#parts.metrics.malformed += 1;
        socket.destroy();
      } else {
        if (reading.client !== undefined) this.#clients.note(socket, reading.client);
        start(reading.end < bytes.length ? bytes.subarray(reading.end) : undefined);
      }
    });
  }

  /** @param before bytes of the client that have come already */
  #start(socket: Socket, before: Buffer | undefined, isKnown: () => void): void {
    this.#awaitFirst(socket, before, (first, protocol) => {
      if (protocol === "tls") {
        this.#readHello(socket, first, isKnown);
        return;
      }
      isKnown();
      if (protocol === "http1") this.#startHttp1(socket, undefined, first);
      else this.#startHttp2(socket, undefined, first);
    });
  }

  /** @param before bytes that have come */
  #awaitFirst(socket: Socket, before: Buffer | undefined, use: (first: Buffer, protocol: FirstProtocol) => void): void {
    const protocol = before && protocolOf(before);
    if (before !== undefined && protocol !== undefined) {
      use(before, protocol);
      return;
    }
    socket.once("data", (chunk: Buffer) => {
      this.#awaitFirst(socket, before === undefined ? chunk : Buffer.concat([before, chunk]), use);
    });
  }

  /** Who passes TLS through is known by the server name; whatever else there is to say about a ClientHello, TLS itself says. */
  #readHello(socket: Socket, first: Buffer, isKnown: () => void): void {
    const reader = new ClientHelloReader();
    const onData = (chunk: Buffer): void => {
      const reading = reader.read(chunk);
      if (reading.kind === "incomplete") return;
      socket.off("data", onData);
      socket.pause();
      isKnown();
      if (reading.kind === "broken" || reading.serverName === undefined) this.#terminateTls(socket, reader.bytes);
      else this.#passOrTerminate(socket, reader.bytes, reading.serverName);
    };
    socket.on("data", onData);
    onData(first);
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

  #startHttp1(stream: Socket, tls: TLSSocket | undefined, first: Buffer | undefined): void {
    const client = this.#clientOf(stream, tls);
    const connection = new Http1Connection(stream, client, this.#connectionParts);
    this.#keep(stream, connection);
    if (first !== undefined) connection.takeFirst(first);
  }

  #startHttp2(stream: Socket, tls: TLSSocket | undefined, first: Buffer | undefined): void {
    const client = this.#clientOf(stream, tls);
    const connection = new Http2Connection(stream, client, this.#connectionParts);
    this.#keep(stream, connection);
    if (first !== undefined) connection.takeFirst(first);
  }

  #keep(stream: Socket, connection: Http1Connection | Http2Connection): void {
    this.#connections.add(connection);
    if (this.#isClosing) callLast(connection);
    stream.once("close", () => this.#connections.delete(connection));
  }
}

/** Its next request is its last, at the latest. */
function callLast(connection: Http1Connection | Http2Connection): void {
  if (connection instanceof Http1Connection) connection.callLast();
  else connection.end();
}

/** What it takes at most, in milliseconds, until a listening socket that several processes share is closed. */
const longestCloseMs = 100;

/** Connections beyond the most that are told so; further ones are closed without a word. */
const maxRefusals = 256;
/** Milliseconds that one of them has. */
const refusalTime = 2_000;

/** Says in HTTP/1.1 that there are too many; to a client that speaks something else, closing says it. */
function refuse(socket: Socket): void {
  socket.on("error", () => socket.destroy());
  socket.setTimeout(refusalTime, () => socket.destroy());
  socket.once("end", () => socket.destroy());
  socket.once("data", (first: Buffer) => {
    if (protocolOf(first) !== "http1") socket.destroy();
    else socket.end(closingAnswer(503, "Service Unavailable: too many connections"), "latin1");
  });
}
