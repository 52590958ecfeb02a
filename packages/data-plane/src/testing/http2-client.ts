import {
  type ClientHttp2Session,
  type ClientSessionOptions,
  connect,
  type SecureClientSessionOptions,
} from "node:http2";
import { onTestFinished } from "vitest";
import { host } from "./world.ts";

export interface Http2Reply {
  readonly status: number;
  /** Names and values in turn, `:status` among them. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** Names and values in turn; undefined without any. */
  readonly trailers: readonly string[] | undefined;
}

/** A connection with Node's client, closed at the end of the test. */
export function openSession(
  port: number,
  options: ClientSessionOptions | SecureClientSessionOptions = {},
  scheme: "http" | "https" = "http",
): ClientHttp2Session {
  const session = connect(`${scheme}://127.0.0.1:${port}`, options);
  session.on("error", () => undefined);
  onTestFinished(() => session.destroy());
  return session;
}

/**
 * Sends one request.
 * @param fields pseudo-headers and headers beside those of a plain GET of `/`
 * @returns the response once it is complete
 * @throws the error of a stream that was reset
 */
export function ask(
  session: ClientHttp2Session,
  fields: Record<string, string | string[]> = {},
  body?: string | Buffer,
): Promise<Http2Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Http2Reply>();
  const stream = session.request(
    { ":method": body === undefined ? "GET" : "POST", ":path": "/", ":authority": host, ...fields },
    { endStream: body === undefined },
  );
  const chunks: Buffer[] = [];
  let head: { status: number; rawHeaders: readonly string[] } | undefined;
  let trailers: readonly string[] | undefined;
  stream.on("response", (headers, _flags, rawHeaders) => {
    head = { status: headers[":status"] ?? 0, rawHeaders };
  });
  stream.on("trailers", (_headers, _flags, raw) => {
    trailers = raw;
  });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("error", reject);
  stream.on("close", () => {
    if (head === undefined || stream.rstCode !== 0) reject(new Error(`stream closed with code ${stream.rstCode}`));
    else resolve({ ...head, body: Buffer.concat(chunks), trailers });
  });
  if (body !== undefined) stream.end(body);
  return promise;
}

/** @returns the value of a header, the last one of several */
export function field(reply: Http2Reply, name: string): string | undefined {
  const at = reply.rawHeaders.lastIndexOf(name);
  return at === -1 ? undefined : reply.rawHeaders[at + 1];
}
