import type { Agent, IncomingMessage, RequestOptions } from "node:http";
import type { Clock } from "@pergola/core";
import type { BatchGetItemOutput, GetItemInput, QueryOutput, ReadCalls } from "./read-calls.ts";
import { requestSigner, type SigningCredentials } from "./sign-request.ts";

/** An error that DynamoDB answered, named as AWS's client would name it. */
export class DynamoError extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(name: string, message: string, httpStatusCode: number) {
    super(message);
    this.name = name;
    this.$metadata = { httpStatusCode };
  }
}

/** DynamoDB's largest answer is 16 MB of items; base64 and JSON around it come on top. */
const maxAnswerBytes = 32 << 20;

type Send = typeof import("node:http").request;

interface Transport {
  readonly request: Send;
  readonly agent: Agent;
}

export interface LightCallsOptions {
  readonly region: string;
  readonly endpoint: URL;
  readonly credentials: () => SigningCredentials;
  readonly clock: Clock;
}

/**
 * The reads over `node:https` alone, with connections that are kept. Nothing is tried again here, and nothing is sent before the first
 * call; what TLS needs is loaded at once, 9 ms that a Lambda function spends before its first event then (docs/lambda.md).
 */
export function lightCalls({ region, endpoint, credentials, clock }: LightCallsOptions): ReadCalls & { close(): void } {
  const signer = requestSigner(region, "dynamodb");
  const { request, agent } = openTransport(endpoint);
  const call = async (operation: string, input: object, signal: AbortSignal): Promise<unknown> => {
    const body = JSON.stringify(input);
    const plain = {
      host: endpoint.host,
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `DynamoDB_20120810.${operation}` },
      body,
    };
    const headers = { ...signer.sign(plain, credentials(), clock.now()), "content-length": Buffer.byteLength(body) };
    return answerOf(await send(request, endpoint, { method: "POST", path: "/", headers, agent }, body, signal));
  };
  return {
    getItem: (input: GetItemInput, signal) => call("GetItem", input, signal) as ReturnType<ReadCalls["getItem"]>,
    batchGetItem: (input, signal) => call("BatchGetItem", input, signal) as Promise<BatchGetItemOutput>,
    query: (input, signal) => call("Query", input, signal) as Promise<QueryOutput>,
    close: () => agent.destroy(),
  };
}

/** Taken as CommonJS does: an import of `node:http` loads whatever its getters name, fetch and WebSocket too, which costs a start 20 ms. */
function openTransport({ protocol }: URL): Transport {
  const settings = { keepAlive: true, maxSockets: 64, scheduling: "lifo" } as const;
  if (protocol === "http:") {
    const { Agent, request } = process.getBuiltinModule("node:http");
    return { request, agent: new Agent(settings) };
  }
  const { Agent, request } = process.getBuiltinModule("node:https");
  // Node reads its root certificates for the first context that is made, by the first connection at the latest: 5 ms and more.
  const secureContext = process.getBuiltinModule("node:tls").createSecureContext({ minVersion: "TLSv1.2" });
  return { request, agent: new Agent({ ...settings, secureContext }) };
}

interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * By events, not by an async iterator and the `signal` option: those are a millisecond of a router's start.
 * @param signal no other call may use it at the same time
 */
function send(
  request: Send,
  endpoint: URL,
  options: RequestOptions,
  body: string,
  signal: AbortSignal,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const outgoing = request(endpoint, options, (answer) => readAnswer(answer, resolve, reject));
    outgoing.on("error", reject);
    // A request that is over counts as destroyed, so its connection is safe from signals that fire later.
    signal.onabort = () => outgoing.destroy(signal.reason);
    outgoing.end(body);
  });
}

/** An answer that breaks off is an error of the message. */
function readAnswer(
  answer: IncomingMessage,
  resolve: (answer: RawAnswer) => void,
  reject: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  answer.on("error", reject);
  answer.on("data", (chunk: Buffer) => {
    size += chunk.length;
    chunks.push(chunk);
    if (size > maxAnswerBytes) answer.destroy(new Error(`DynamoDB answered more than ${maxAnswerBytes} bytes`));
  });
  answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }));
}

function answerOf({ status, text }: RawAnswer): unknown {
  if (status === 200) return JSON.parse(text);
  const { __type = "", message, Message } = parseError(text);
  const name = __type.slice(__type.indexOf("#") + 1) || "UnknownError";
  throw new DynamoError(name, message ?? Message ?? `DynamoDB answered ${status}`, status);
}

/** What stands in between answers errors in other forms; the status says enough then. */
function parseError(text: string): { __type?: string; message?: string; Message?: string } {
  try {
    return JSON.parse(text) as ReturnType<typeof parseError>;
  } catch {
    return {};
  }
}
