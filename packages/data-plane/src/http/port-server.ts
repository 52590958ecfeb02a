import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket, Server as TlsServer } from "node:tls";
import type { Call } from "../call.ts";
import { failures } from "../failure.ts";
import type { Metrics } from "../metrics.ts";
import type { Pipeline } from "../pipeline.ts";
import type { DataPlanePorts, ResolvedOptions } from "../ports.ts";
import { NodeExchange } from "./node-exchange.ts";
import { clientOf, OpenConnection } from "./open-connection.ts";
import { readHead } from "./read-head.ts";
import { rejectMalformed } from "./reject-malformed.ts";
import { createTlsTermination } from "./tls-server.ts";

/** A listener port that is open. */
export interface PortServer {
  readonly listenerPort: number;
  readonly address: AddressInfo;
  /** Stops accepting, lets requests in flight finish, and closes. */
  close(): Promise<void>;
  /** Closes every connection at once. */
  destroy(): void;
}

interface PortParts {
  readonly listenerPort: number;
  readonly pipeline: Pipeline;
  readonly ports: DataPlanePorts;
  readonly options: ResolvedOptions;
  readonly metrics: Metrics;
}

/** Source: VPC Lattice quotas: more than 60 KB of headers are a 400. */
const maxHeaderSize = 60 * 1024;
/** Requests on one connection that wait for their turn; more than any client pipelines. */
const maxPipelined = 100;
/** The first byte of every TLS connection: a handshake record. */
const tlsHandshake = 0x16;

/**
 * Opens a port. Services come and go while it is open, so each connection shows by its first byte whether it is TLS; whether
 * there is a listener of that protocol is the pipeline's to say.
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
  readonly #tls: TlsServer;
  readonly #http: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections that have not sent a byte yet. */
  readonly #silent = new Set<Socket>();
  readonly #connections = new Map<Duplex, OpenConnection>();

  constructor(parts: PortParts) {
    this.#parts = parts;
    this.listenerPort = parts.listenerPort;
    const { headersTimeout, maxConnections } = parts.options;
    this.#http = this.#createHttp();
    this.#tls = createTlsTermination(parts.ports.certificates, headersTimeout, parts.ports.logger);
    this.#tls.on("secureConnection", (socket) => this.#startHttp(socket, socket));
    this.#tls.on("tlsClientError", (_error, socket) => {
      parts.metrics.tlsErrors += 1;
      socket.destroy();
    });
    this.#tcp = createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    this.#tcp.maxConnections = maxConnections;
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

  close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tcp.close(() => {
      this.#http.close();
      resolve();
    });
    for (const socket of this.#silent) socket.destroy();
    for (const connection of this.#connections.values()) connection.end();
    return promise;
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #createHttp(): Server {
    const { headersTimeout, keepAliveTimeout, maxConnectionDuration } = this.#parts.options;
    const server = createHttpServer({
      maxHeaderSize,
      headersTimeout: Math.min(headersTimeout, maxConnectionDuration),
      requestTimeout: maxConnectionDuration,
      keepAliveTimeout,
      connectionsCheckingInterval: Math.min(1_000, headersTimeout),
      insecureHTTPParser: false,
      // Checked together with the other demands on Host.
      requireHostHeader: false,
      noDelay: true,
    });
    server.maxHeadersCount = 0;
    server.timeout = keepAliveTimeout;
    server.on("request", (request, response) => this.#onRequest(request, response, false));
    server.on("checkContinue", (request, response) => this.#onRequest(request, response, true));
    server.on("checkExpectation", (_request, response: ServerResponse) => refuse(response, "expectationFailed"));
    server.on("connect", (_request, socket) => this.#onMalformed(socket));
    server.on("clientError", (error, socket) => this.#onMalformed(socket, error));
    // Timeouts of heads and requests begin with this event, which a server that listens nowhere does not have by itself.
    server.emit("listening");
    return server;
  }

  #accept(socket: Socket): void {
    const { metrics, options } = this.#parts;
    metrics.connections += 1;
    this.#sockets.add(socket);
    this.#silent.add(socket);
    // A reset by the client; `close` follows, and whoever has the connection by then learns of it there.
    socket.on("error", () => socket.destroy());
    const giveUp = (): void => void socket.destroy();
    const timer = setTimeout(giveUp, options.headersTimeout);
    socket.once("end", giveUp);
    socket.once("close", () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
      this.#silent.delete(socket);
    });
    socket.once("data", (first: Buffer) => {
      clearTimeout(timer);
      socket.off("end", giveUp);
      this.#silent.delete(socket);
      socket.pause();
      socket.unshift(first);
      if (first[0] === tlsHandshake) this.#tls.emit("connection", socket);
      else this.#startHttp(socket, undefined);
      process.nextTick(() => socket.resume());
    });
  }

  #startHttp(stream: Socket, tls: TLSSocket | undefined): void {
    const client = clientOf(stream, this.listenerPort, tls);
    this.#connections.set(stream, new OpenConnection(stream, client, this.#parts.options.maxConnectionDuration));
    stream.once("close", () => this.#connections.delete(stream));
    this.#http.emit("connection", stream);
  }

  #onRequest(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    const { metrics, pipeline } = this.#parts;
    const connection = this.#connections.get(request.socket);
    if (connection === undefined || connection.isOver || connection.pending.size >= maxPipelined) {
      request.socket.destroy();
      return;
    }
    const { method = "", url = "", httpVersion, rawHeaders } = request;
    const read = readHead(method, url, `HTTP/${httpVersion}`, rawHeaders);
    if (read === undefined) {
      metrics.malformed += 1;
      connection.isOver = true;
      refuse(response, "malformedRequest");
      return;
    }
    const exchange = new NodeExchange(read, { client: connection, request, response, awaitsContinue });
    const call = pipeline.handle(exchange);
    const pending = { exchange, call };
    connection.pending.add(pending);
    response.once("close", () => {
      connection.pending.delete(pending);
      exchange.closed();
      pipeline.finish(call);
    });
  }

  #onMalformed(socket: Duplex, error?: Error & { readonly code?: string }): void {
    const connection = this.#connections.get(socket);
    if (connection?.isOver === true) return;
    const isGone = error?.code !== undefined && clientGoneCodes.has(error.code);
    if (connection === undefined || (isGone && connection.pending.size > 0)) {
      socket.destroy();
      return;
    }
    if (!isGone) this.#parts.metrics.malformed += 1;
    connection.isOver = true;
    const [first] = connection.pending;
    if (first === undefined) rejectMalformed(socket, error);
    else if (connection.pending.size === 1 && canAnswer(first)) {
      // The body of this very request is broken. Its own response has not begun, so the 400 is taken for it.
      first.call.status = first.call.fail("malformedRequest").status;
      rejectMalformed(socket, error);
    } else socket.destroy();
  }
}

/** The client closed its side in the middle of a request, by FIN or reset. */
const clientGoneCodes = new Set(["HPE_INVALID_EOF_STATE", "ECONNRESET", "EPIPE"]);

function canAnswer({ exchange }: { exchange: NodeExchange; call: Call }): boolean {
  return !exchange.responded && !exchange.isBodyComplete;
}

/** Answers a request that gets no further, and ends the connection. */
function refuse(response: ServerResponse, cause: "malformedRequest" | "expectationFailed"): void {
  const { status, text } = failures[cause];
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", connection: "close" });
  response.end(`${text}\n`);
}
