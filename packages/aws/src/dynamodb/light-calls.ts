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

/** The reads over `node:https` alone, with connections that are kept. Nothing is tried again here. */
export function lightCalls({ region, endpoint, credentials, clock }: LightCallsOptions): ReadCalls & { close(): void } {
  const signer = requestSigner(region, "dynamodb");
  let transport: Transport | undefined;
  const call = async (operation: string, input: object, signal: AbortSignal): Promise<unknown> => {
    transport ??= openTransport(endpoint);
    const { request, agent } = transport;
    const body = JSON.stringify(input);
    const plain = {
      host: endpoint.host,
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `DynamoDB_20120810.${operation}` },
      body,
    };
    const headers = { ...signer.sign(plain, credentials(), clock.now()), "content-length": Buffer.byteLength(body) };
    return answerOf(await send(request, endpoint, { method: "POST", path: "/", headers, agent, signal }, body));
  };
  return {
    getItem: (input: GetItemInput, signal) => call("GetItem", input, signal) as ReturnType<ReadCalls["getItem"]>,
    batchGetItem: (input, signal) => call("BatchGetItem", input, signal) as Promise<BatchGetItemOutput>,
    query: (input, signal) => call("Query", input, signal) as Promise<QueryOutput>,
    close() {
      transport?.agent.destroy();
      transport = undefined;
    },
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
  return { request, agent: new Agent({ ...settings, minVersion: "TLSv1.2" }) };
}

interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

function send(request: Send, endpoint: URL, options: RequestOptions, body: string): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(endpoint, options, (answer) => readAnswer(answer).then(resolve, reject));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

async function readAnswer(answer: IncomingMessage): Promise<RawAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw new Error(`DynamoDB answered more than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return { status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") };
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
