import { type ClientHttp2Session, connect, constants } from "node:http2";
import type { PlainAnswer, PlainClient, PlainRequest } from "./plain-client.ts";

interface Http2Options {
  readonly host: string;
  readonly port: number;
  readonly connections: number;
  /** Of the server's authority; without it HTTP/2 in clear, by prior knowledge. */
  readonly ca?: string | Buffer;
}

/**
 * A client over HTTP/2 that does what GOAWAY says: what is under way ends there, what begins goes to a new connection, and what the
 * server has not looked at (REFUSED_STREAM, or no answer on a connection that never was) is sent again.
 */
export function openHttp2Client(options: Http2Options): PlainClient {
  const connections = new Array<Connection | undefined>(options.connections).fill(undefined);
  let next = 0;
  const connectionOf = (at: number): Connection => {
    const known = connections[at];
    if (known !== undefined && !known.session.closed && !known.session.destroyed) return known;
    const fresh = open(options);
    connections[at] = fresh;
    const leave = (): void => {
      if (connections[at] === fresh) connections[at] = undefined;
    };
    fresh.session.on("goaway", leave);
    fresh.session.on("close", leave);
    return fresh;
  };
  return {
    async send(request) {
      next += 1;
      const at = next % options.connections;
      for (;;) {
        const connection = connectionOf(at);
        await connection.connected;
        // It can have been asked to leave meanwhile.
        if (connection.session.closed || connection.session.destroyed) continue;
        const answer = await sendOn(connection, options.host, request);
        if (answer !== "refused") return answer;
      }
    },
    [Symbol.dispose]() {
      for (const one of connections) one?.session.destroy();
    },
  };
}

interface Connection {
  readonly session: ClientHttp2Session;
  /** @throws the socket's error */
  readonly connected: Promise<void>;
  /** The last stream that the server has looked at or will, as GOAWAY said it last. */
  lastStream: number;
}

function open({ host, port, ca }: Http2Options): Connection {
  const session =
    ca === undefined
      ? connect(`http://127.0.0.1:${port}`)
      : connect(`https://127.0.0.1:${port}`, { ca, servername: host, ALPNProtocols: ["h2"] });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  session.on("connect", () => resolve());
  // Later than that, the streams of the connection say what has become of it.
  session.on("error", reject);
  promise.catch(() => undefined);
  const connection = { session, connected: promise, lastStream: Number.POSITIVE_INFINITY };
  session.on("goaway", (_code, lastStream) => {
    connection.lastStream = lastStream;
  });
  return connection;
}

/** @throws the stream's error, but for one that the server has not looked at */
async function sendOn(
  connection: Connection,
  host: string,
  { method = "GET", path, headers = {}, body }: PlainRequest,
): Promise<PlainAnswer | "refused"> {
  const { promise, resolve, reject } = Promise.withResolvers<PlainAnswer | "refused">();
  const stream = connection.session.request({ ":method": method, ":path": path, ":authority": host, ...headers });
  stream.setTimeout(30_000, () => stream.destroy(new Error(`no answer to ${method} ${path} within 30 s`)));
  stream.on("error", (error) => {
    if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) resolve("refused");
    else reject(error);
  });
  let hasBegun = false;
  stream.on("response", (got) => {
    hasBegun = true;
    const { ":status": status = 0 } = got;
    let body = "";
    // Read as it comes: what waits to be read is lost when Node's client closes its connection.
    stream.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    stream.on("close", () => {
      if (stream.readableEnded) resolve({ status, body, headers: got, requestId: String(got["x-amzn-requestid"]) });
      else reject(new Error(`the answer on stream ${stream.id} was cut with code ${stream.rstCode}`));
    });
  });
  stream.on("close", () => {
    const { id = 0, rstCode } = stream;
    if (id > connection.lastStream) resolve("refused");
    // What has begun ends with its body.
    else if (!hasBegun) reject(new Error(`stream ${id} was closed with code ${rstCode} before an answer`));
  });
  stream.end(body);
  return promise;
}
