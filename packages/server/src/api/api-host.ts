import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isStsRequest } from "@pergola/control-plane";
import type { Ids, Logger } from "@pergola/core";
import { type ApiError, type ApiResponse, type EndlessBody, errorResponse } from "./api-error.ts";
import { maxBodyBytes, readBody } from "./read-body.ts";
import type { SignedRequest } from "./require-signature.ts";

/** This process's own GET routes by path, e.g. `/pergola/health`. */
export type Routes = Readonly<Record<string, (request: SignedRequest) => ApiResponse | Promise<ApiResponse>>>;

export interface ApiHostPorts {
  /** The AWS API, and what Pergola has beyond it. */
  readonly control: { handle(request: SignedRequest): Promise<ApiResponse> };
  /** STS, beside the API on the same socket. */
  readonly sts: (request: SignedRequest, sourceIp: string) => Promise<ApiResponse>;
  readonly routes: Routes;
  /** Reasons to refuse a request by its headers alone. */
  readonly refuse: (rawHeaders: readonly string[]) => ApiError | undefined;
  /** Reasons to refuse the whole request. */
  readonly authenticate: (request: SignedRequest) => ApiError | undefined;
  /** Awaited before a change is answered: its listeners' ports are open then. */
  readonly settled: () => Promise<void>;
  readonly ids: Ids;
  readonly logger: Logger;
}

export interface ApiHost {
  readonly address: AddressInfo;
  /** Takes no new requests, waits for those in flight, and cuts off what is left after `deadlineMs`. */
  close(deadlineMs: number): Promise<void>;
}

/**
 * Serves the API on a socket of its own.
 * @throws the system's error when the port cannot be bound
 */
export async function startApiHost(ports: ApiHostPorts, bind: { host: string; port: number }): Promise<ApiHost> {
  let closing = false;
  const endless = new Set<EndlessBody>();
  const server = createServer(limits, (request, response) => {
    answer(ports, request, response, endless, () => closing).catch((error: unknown) => {
      ports.logger.error("an API answer could not be written", { error });
      response.destroy();
    });
  });
  server.maxConnections = 1_000;
  await listen(server, bind);
  return {
    address: server.address() as AddressInfo,
    async close(deadlineMs) {
      closing = true;
      for (const body of endless) body.end();
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** A client that trickles its request holds a connection for 30 s at most. */
const limits = {
  maxHeaderSize: 32 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
};

async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen({ host, port }, () => {
      server.off("error", fail);
      done();
    });
  });
}

async function answer(
  ports: ApiHostPorts,
  request: IncomingMessage,
  response: ServerResponse,
  endless: Set<EndlessBody>,
  isClosing: () => boolean,
): Promise<void> {
  const requestId = ports.ids.requestId();
  try {
    const result = await respond(ports, request, requestId);
    if (isClosing()) response.setHeader("connection", "close");
    if (result.body instanceof Readable) await stream(response, result, result.body, endless);
    else send(request, response, result, requestId);
  } catch (error) {
    if ((request.destroyed && !request.complete) || response.headersSent) return;
    ports.logger.error("an API request failed", { requestId, method: request.method, target: request.url, error });
    const failure = {
      status: 500,
      type: "InternalServerException",
      message: `internal error, request id ${requestId}`,
    };
    send(request, response, errorResponse(failure, requestId), requestId);
  }
}

async function respond(ports: ApiHostPorts, message: IncomingMessage, requestId: string): Promise<ApiResponse> {
  const { method = "GET", url: target = "/", rawHeaders } = message;
  const refused = ports.refuse(rawHeaders);
  if (refused !== undefined) return errorResponse(refused, requestId);
  const body = await readBody(message);
  if (body === "too-large") return errorResponse(tooLarge, requestId);
  const [path = ""] = target.split("?", 1);
  const read = method === "GET" || method === "HEAD" ? ownRoute(ports, path) : undefined;
  const request = { method, target, rawHeaders, body };
  // Whoever watches the process has no credentials.
  if (read !== undefined && path === healthPath) return read(request);
  if (isStsRequest(request)) return ports.sts(request, message.socket.remoteAddress ?? "");
  const denied = ports.authenticate(request);
  if (denied !== undefined) return errorResponse(denied, requestId);
  if (read !== undefined) return read(request);
  const result = await ports.control.handle(request);
  if (method !== "GET" && method !== "HEAD") await ports.settled();
  return result;
}

const healthPath = "/pergola/health";

const tooLarge: ApiError = {
  status: 413,
  type: "RequestEntityTooLargeException",
  message: `the body is larger than ${maxBodyBytes} bytes`,
};

function ownRoute({ routes }: ApiHostPorts, path: string): Routes[string] | undefined {
  return Object.hasOwn(routes, path) ? routes[path] : undefined;
}

/** Ends when the reader has left or the body has ended, whichever is first. */
async function stream(
  response: ServerResponse,
  { status, headers }: ApiResponse,
  body: EndlessBody,
  endless: Set<EndlessBody>,
): Promise<void> {
  endless.add(body);
  try {
    // Kept for another request, the connection would keep a server from ending that has just ended the stream.
    response.writeHead(status, { ...headers, connection: "close" });
    response.flushHeaders();
    await pipeline(body, response);
  } finally {
    endless.delete(body);
  }
}

function send(request: IncomingMessage, response: ServerResponse, result: ApiResponse, requestId: string): void {
  // node:http writes no body to HEAD requests, and none belongs to 204 and 304.
  const body = Buffer.from(result.body as string | Uint8Array);
  const empty = result.status === 204 || result.status === 304;
  const headers: Record<string, string | number> = { "x-amzn-requestid": requestId, ...result.headers };
  if (!empty) headers["content-length"] = body.length;
  response.writeHead(result.status, headers);
  response.end(empty || request.method === "HEAD" ? undefined : body);
  if (!request.complete) discardRest(request);
}

/** How long a sender has for the rest of a body that is refused already. */
const discardMs = 5_000;

/**
 * What is left of a refused body is read and dropped, so that the sender gets to read the answer: a connection that is closed with
 * bytes unread is reset, and whoever is still writing sees that instead.
 */
function discardRest(request: IncomingMessage): void {
  request.resume();
  const timer = setTimeout(() => request.destroy(), discardMs);
  request.once("close", () => clearTimeout(timer));
}
