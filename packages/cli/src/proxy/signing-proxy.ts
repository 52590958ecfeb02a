import {
  createServer,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import type { AwsSigner } from "../aws-signer.ts";
import { CliFailure } from "../cli-failure.ts";
import { refuseForeignCaller } from "./foreign-caller.ts";
import { type ProxiedRequest, proxiedRequest, targetOf } from "./proxied-request.ts";

export interface SigningProxyOptions {
  /** Origin of the deployment's API. */
  readonly endpoint: URL;
  readonly signer: Pick<AwsSigner, "headers">;
  /** 0 for a free one. */
  readonly port: number;
  /** Told of what went wrong, one line each. */
  readonly onFailure: (line: string) => void;
}

export interface SigningProxy {
  readonly url: string;
  /** Takes no new requests, waits for those under way, and cuts off what is left after `deadlineMs`. */
  close(deadlineMs: number): Promise<void>;
}

/** Function URLs check signatures made for this service. Source: Lambda developer guide, "Function URL auth", read 2026-11. */
const service = "lambda";
/** As the API itself; the body is needed whole, since its hash is signed. */
const maxBodyBytes = 1024 * 1024;
/** A function behind a function URL runs for 15 minutes at most; the API answers within seconds. */
const answerTimeoutMs = 60_000;
const limits = { maxHeaderSize: 32 * 1024, headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 };

/**
 * Starts a proxy on this machine that signs what it is sent with the caller's AWS credentials and sends it to a deployment.
 *
 * INVARIANT (loopback): it lends the caller's identity to whoever reaches it, so it is bound to 127.0.0.1 and takes nothing that a
 * web page sends. Other users of the same machine do reach it.
 * @throws the system's error when the port cannot be bound
 */
export async function startSigningProxy(options: SigningProxyOptions): Promise<SigningProxy> {
  const { endpoint, port, onFailure } = options;
  const agent =
    endpoint.protocol === "https:" ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const server = createServer(limits, (request, response) => {
    answer(options, agent, request, response).catch((error: unknown) => {
      onFailure(`${request.method} ${request.url}: ${(error as Error).message}`);
      response.destroy();
    });
  });
  server.maxConnections = 256;
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen({ host: "127.0.0.1", port }, () => {
      server.off("error", fail);
      done();
    });
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close(deadlineMs) {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
      await closed;
      clearTimeout(timer);
      agent.destroy();
    },
  };
}

async function answer(
  { endpoint, signer, onFailure }: SigningProxyOptions,
  agent: HttpAgent,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "GET", url: target = "/", rawHeaders } = message;
  const foreign = refuseForeignCaller(rawHeaders, message.socket.localPort ?? 0);
  if (foreign !== undefined) return refuse(message, response, 403, "AccessDeniedException", foreign);
  const body = await readBody(message);
  if (body === undefined)
    return refuse(
      message,
      response,
      413,
      "RequestEntityTooLargeException",
      `the body is larger than ${maxBodyBytes} bytes`,
    );
  const proxied = proxiedRequest({ method, target, rawHeaders, body }, endpoint);
  if (proxied === undefined)
    return refuse(message, response, 400, "ValidationException", "the target cannot be signed");
  // Whoever leaves does not keep the deployment busy.
  const left = new AbortController();
  response.once("close", () => left.abort());
  try {
    const headers = await signer.headers(proxied.request, service);
    const upstream = await send(proxied, headers, agent, left.signal);
    response.writeHead(upstream.statusCode ?? 502, passedHeaders(upstream.rawHeaders));
    await pipeline(upstream, response);
  } catch (error) {
    if (left.signal.aborted) return;
    onFailure(`${method} ${target}: ${(error as Error).message}`);
    if (response.headersSent) response.destroy();
    else if (error instanceof CliFailure) refuse(message, response, 401, "ExpiredTokenException", error.message);
    else refuse(message, response, 503, "ServiceUnavailableException", `${endpoint.origin} does not answer`);
  }
}

function send(
  { request, unsigned }: ProxiedRequest,
  headers: Readonly<Record<string, string>>,
  agent: HttpAgent,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { method, protocol, hostname, port, body = new Uint8Array() } = request;
  const make = protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((done, fail) => {
    const all = { ...unsigned, ...headers, "content-length": String(body.length) };
    // Node takes an IPv6 address without the brackets that a URL has.
    const host = hostname.replace(/^\[|\]$/g, "");
    const outgoing = make({
      method,
      host,
      ...(port === undefined ? {} : { port }),
      path: targetOf(request),
      headers: all,
      agent,
      signal,
    });
    outgoing.setTimeout(answerTimeoutMs, () => outgoing.destroy(new Error(`no answer within ${answerTimeoutMs} ms`)));
    outgoing.once("response", done).on("error", fail);
    outgoing.end(body);
  });
}

const hopByHop = /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/i;

function passedHeaders(rawHeaders: readonly string[]): string[] {
  const passed: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (!hopByHop.test(name)) passed.push(name, rawHeaders[i + 1] as string);
  }
  return passed;
}

async function readBody(message: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(message.headers["content-length"] ?? 0) > maxBodyBytes) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** The error in the form that AWS's clients read. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  message: string,
): void {
  const body = JSON.stringify({ message: `pergola proxy: ${message}` });
  const close = request.complete ? {} : { connection: "close" };
  response.writeHead(status, { "content-type": "application/json", "x-amzn-errortype": type, ...close });
  response.end(body);
  if (request.complete) return;
  // What is left of the body is read and dropped for a while, so that the sender gets to read the answer.
  request.resume();
  const timer = setTimeout(() => request.destroy(), 2_000);
  response.once("close", () => clearTimeout(timer));
}
