import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One invocation, as Lambda's side of the runtime API sees it. */
export interface Invocation {
  readonly id: string;
  /** Resolves with the beginning of the response, or rejects with what the function reported as its error. */
  readonly response: Promise<InvocationResponse>;
  /** Resolves when the runtime asks for the next event: only then Lambda freezes the environment. */
  readonly over: Promise<void>;
}

export interface InvocationResponse {
  readonly isStreamed: boolean;
  readonly contentType: string;
  readonly message: IncomingMessage;
}

export class FunctionError extends Error {
  override readonly name = "FunctionError";
}

interface Waiting {
  readonly invocation: Invocation;
  readonly event: unknown;
  readonly responded: PromiseWithResolvers<InvocationResponse>;
  readonly ended: PromiseWithResolvers<void>;
}

/**
 * Lambda's runtime API (2018-06-01): what a runtime asks for events and gives its responses to.
 * Source: Lambda developer guide, "Using the Lambda runtime API" and "Response streaming", read 2026-11.
 */
export class RuntimeApi {
  readonly #server: Server;
  readonly #queue: Waiting[] = [];
  #current: Waiting | undefined;
  #asking: ServerResponse | undefined;
  #timeoutMs = 30_000;
  /** What the runtime said when it could not even begin. */
  initError: string | undefined;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** @param timeoutMs the function's timeout */
  invoke(event: unknown, timeoutMs = 30_000): Invocation {
    this.#timeoutMs = timeoutMs;
    const responded = Promise.withResolvers<InvocationResponse>();
    const ended = Promise.withResolvers<void>();
    const invocation = { id: randomUUID(), response: responded.promise, over: ended.promise };
    responded.promise.catch(() => undefined);
    this.#queue.push({ invocation, event, responded, ended });
    this.#offer();
    return invocation;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    if (request.method === "GET" && path.endsWith("/invocation/next")) {
      this.#current?.ended.resolve();
      this.#current = undefined;
      this.#asking = response;
      this.#offer();
      return;
    }
    if (path.endsWith("/init/error")) {
      this.initError = await textOf(request);
      response.writeHead(202).end();
      return;
    }
    const current = this.#current;
    if (current === undefined || !path.includes(current.invocation.id)) {
      response.writeHead(400).end();
      return;
    }
    if (path.endsWith("/error")) {
      current.responded.reject(new FunctionError(await textOf(request)));
      response.writeHead(202).end();
      return;
    }
    const isStreamed = request.headers["lambda-runtime-function-response-mode"] === "streaming";
    current.responded.resolve({ isStreamed, contentType: request.headers["content-type"] ?? "", message: request });
    // Whoever asked for the invocation reads the message; the runtime waits until it is read.
    request.once("end", () => response.writeHead(202).end());
  }

  #offer(): void {
    if (this.#asking === undefined || this.#current !== undefined) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    const asking = this.#asking;
    this.#asking = undefined;
    this.#current = next;
    asking.writeHead(200, {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": next.invocation.id,
      "lambda-runtime-deadline-ms": String(Date.now() + this.#timeoutMs),
      "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-west-2:123456789012:function:entry",
    });
    asking.end(JSON.stringify(next.event));
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
