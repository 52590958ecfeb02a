import type { Socket } from "node:net";
import { ClientHelloReader } from "../passthrough/client-hello.ts";
import { type FirstProtocol, protocolOf } from "./first-bytes.ts";
import { type ClientEndpoint, readProxyHeader } from "./proxy-header.ts";

/** Who gets a connection once it has shown what it is: one of the last three is called, unless it closes before. */
export interface ConnectionTaker {
  /** Called before those, and also when the connection closes: it need not be waited for any more. */
  onRecognised(socket: Socket): void;
  /** Called before all others. */
  onProxied(socket: Socket, client: ClientEndpoint): void;
  /** A proxy sends no header, or one that cannot be read: it is not configured as it should be, and nobody is let in. */
  onBrokenProxy(socket: Socket): void;
  /**
   * TLS.
   * @param socket paused
   * @param bytes all that the client has sent
   * @param serverName in lower case; undefined where the ClientHello has none, or cannot be read
   */
  onHello(socket: Socket, bytes: Buffer, serverName: string | undefined): void;
  /** @param first all that the client has sent */
  onHttp(socket: Socket, protocol: "http1" | "http2", first: Buffer): void;
}

/**
 * Reads a new connection until its first bytes have shown what it is.
 * @param isProxied whether a PROXY header comes before the client's own bytes
 * @param timeout milliseconds, after which it is closed
 */
export function recognise(socket: Socket, isProxied: boolean, timeout: number, taker: ConnectionTaker): void {
  const giveUp = (): void => void socket.destroy();
  const timer = setTimeout(giveUp, timeout);
  const settle = (): void => {
    clearTimeout(timer);
    socket.off("end", giveUp);
    // Else the timer and all around it would be kept for as long as the connection is.
    socket.off("close", settle);
    taker.onRecognised(socket);
  };
  socket.once("end", giveUp);
  socket.once("close", settle);
  const start = (before: Buffer | undefined): void => readFirst(socket, before, settle, taker);
  if (isProxied) readProxy(socket, undefined, start, taker);
  else start(undefined);
}

/** @param start goes on with the client's own bytes, as far as they have come */
function readProxy(
  socket: Socket,
  before: Buffer | undefined,
  start: (rest: Buffer | undefined) => void,
  taker: ConnectionTaker,
): void {
  socket.once("data", (chunk: Buffer) => {
    const bytes = before === undefined ? chunk : Buffer.concat([before, chunk]);
    const reading = readProxyHeader(bytes);
    if (reading.kind === "incomplete") readProxy(socket, bytes, start, taker);
    else if (reading.kind === "broken") taker.onBrokenProxy(socket);
    else {
      if (reading.client !== undefined) taker.onProxied(socket, reading.client);
      start(reading.end < bytes.length ? bytes.subarray(reading.end) : undefined);
    }
  });
}

/** @param before bytes of the client that have come already */
function readFirst(socket: Socket, before: Buffer | undefined, settle: () => void, taker: ConnectionTaker): void {
  awaitProtocol(socket, before, (first, protocol) => {
    if (protocol === "tls") {
      readHello(socket, first, settle, taker);
      return;
    }
    settle();
    taker.onHttp(socket, protocol, first);
  });
}

function awaitProtocol(
  socket: Socket,
  before: Buffer | undefined,
  use: (first: Buffer, protocol: FirstProtocol) => void,
): void {
  const protocol = before && protocolOf(before);
  if (before !== undefined && protocol !== undefined) {
    use(before, protocol);
    return;
  }
  socket.once("data", (chunk: Buffer) => {
    awaitProtocol(socket, before === undefined ? chunk : Buffer.concat([before, chunk]), use);
  });
}

function readHello(socket: Socket, first: Buffer, settle: () => void, taker: ConnectionTaker): void {
  const reader = new ClientHelloReader();
  const onData = (chunk: Buffer): void => {
    const reading = reader.read(chunk);
    if (reading.kind === "incomplete") return;
    socket.off("data", onData);
    socket.pause();
    settle();
    taker.onHello(socket, reader.bytes, reading.kind === "hello" ? reading.serverName : undefined);
  };
  socket.on("data", onData);
  onData(first);
}
