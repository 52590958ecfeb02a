import { type ConnectionOptions, connect } from "node:tls";

/** What came of a connection over TLS with one request. */
export interface Handshake {
  /** Whether the session that it was given was taken up again. */
  readonly isReused: boolean;
  /** The last one that it was given. */
  readonly session: Buffer;
  /** Of the answer. */
  readonly status: number;
}

/**
 * Connects, asks for `/` once, and reads until the server closes.
 * @param options with port and server name, and with the session that is to be taken up again
 * @throws the socket's error, or Error where there is no session or no answer
 */
export function shakeHands(options: ConnectionOptions & { readonly servername: string }): Promise<Handshake> {
  const { promise, resolve, reject } = Promise.withResolvers<Handshake>();
  const socket = connect({ host: "127.0.0.1", ...options });
  let { session } = options;
  let isReused = false;
  let answer = "";
  socket.on("session", (given) => {
    session = given;
  });
  socket.on("secureConnect", () => {
    isReused = socket.isSessionReused();
    socket.write(`GET / HTTP/1.1\r\nhost: ${options.servername}\r\nconnection: close\r\n\r\n`);
  });
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString("latin1");
  });
  socket.on("error", reject);
  socket.on("close", () => {
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(answer) ?? [];
    if (session === undefined || status === undefined) reject(new Error(`no session, or no answer: ${answer}`));
    else resolve({ isReused, session, status: Number(status) });
  });
  return promise;
}
