import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConnectionOptions, connect as connectTls } from "node:tls";

export interface RawOptions {
  /** Handshakes first. */
  readonly tls?: ConnectionOptions;
  /** Ends the sending side after the last byte. */
  readonly halfClose?: boolean;
  /** Resets the connection this many milliseconds after the last byte. */
  readonly resetAfterMs?: number;
  /** The first bytes of an answer are the end, too: the server may keep the connection for more. */
  readonly isAnswerEnough?: boolean;
  /** Sends one byte at a time with this many milliseconds in between, as long as it can. */
  readonly trickleMs?: number;
  /** When to give up waiting for the end, in milliseconds. */
  readonly deadlineMs?: number;
}

export interface RawOutcome {
  /** Of the responses, in order. */
  readonly statuses: readonly number[];
  /** False when the connection was still open at the deadline. */
  readonly isClosed: boolean;
  readonly text: string;
}

/**
 * Sends bytes that may be anything, and waits until the connection ends, or is as good as ended.
 * @param bytes text stands for its Latin-1 bytes
 */
export async function rawExchange(
  port: number,
  bytes: string | Uint8Array,
  { tls, halfClose = false, isAnswerEnough = false, resetAfterMs, trickleMs, deadlineMs = 8_000 }: RawOptions = {},
): Promise<RawOutcome> {
  const socket = tls === undefined ? connect(port, "127.0.0.1") : connectTls({ host: "127.0.0.1", port, ...tls });
  const chunks: Buffer[] = [];
  const closed = new Promise<true>((resolve) => socket.once("close", () => resolve(true)));
  // Resets and refused handshakes are ends like any other here.
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    if (isAnswerEnough) socket.destroy();
  });
  const data = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
  socket.once(tls === undefined ? "connect" : "secureConnect", () => {
    if (trickleMs !== undefined) {
      trickle(socket, data, trickleMs);
      return;
    }
    if (halfClose) socket.end(data);
    else socket.write(data);
    if (resetAfterMs !== undefined) setTimeout(() => socket.resetAndDestroy(), resetAfterMs);
  });
  const deadline = new AbortController();
  const late = sleep(deadlineMs, false as const, { signal: deadline.signal }).catch(() => false as const);
  const isClosed = await Promise.race([closed, late]);
  deadline.abort();
  socket.destroy();
  const text = Buffer.concat(chunks).toString("latin1");
  return { statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)), isClosed, text };
}

function trickle(socket: Socket, data: Uint8Array, milliseconds: number): void {
  let at = 0;
  const timer = setInterval(() => {
    if (at < data.length) socket.write(data.subarray(at, at + 1));
    at += 1;
  }, milliseconds);
  socket.once("close", () => clearInterval(timer));
}
