import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type FaultProxy, startFaultProxy } from "../aws/fault-proxy.ts";
import type { RecordQueue } from "./record-queue.ts";

/** A function's code, as Lambda runs it. */
export type FunctionCode = (event: unknown) => Promise<unknown>;

/** A request to AWS, as it came. */
export interface AwsCall {
  readonly service: "DynamoDB" | "SQS" | "Logs" | "Firehose" | "Lambda" | "other";
  /** As in `x-amz-target`, e.g. `GetItem`; else the HTTP method, as for S3 and EC2. */
  readonly operation: string;
  readonly body: Buffer;
}

export type AwsFault =
  /** Answered in the service's place. */
  | { readonly kind: "answer"; readonly status: number; readonly body: object }
  /** The connection breaks before the request gets through. */
  | { readonly kind: "reset" }
  /** It is done, and the answer does not arrive. */
  | { readonly kind: "lost" };

/** What `PERGOLA_AWS_ENDPOINT` names: every API of AWS that a deployment calls. */
export interface AwsEndpoint {
  readonly url: string;
  /** What stands before moto's DynamoDB. */
  readonly dynamo: FaultProxy;
  /** What happens to requests from now on; undefined: nothing out of the ordinary. */
  faults: (call: AwsCall) => AwsFault | undefined;
  close(): Promise<void>;
}

export interface AwsEndpointOptions {
  readonly motoUrl: string;
  /** By ARN. */
  readonly functions: Readonly<Record<string, FunctionCode>>;
  /** In place of moto's SQS. */
  readonly queue?: RecordQueue;
}

const invokePath = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/**
 * Serves moto, with some services in other hands: Lambda's Invoke runs functions in this process (moto's needs Docker), DynamoDB goes
 * through the proxy that isolates its transactions as AWS's are, and SQS may be a queue in this process.
 */
export async function startAwsEndpoint({ motoUrl, functions, queue }: AwsEndpointOptions): Promise<AwsEndpoint> {
  const dynamo = await startFaultProxy(motoUrl);
  const serve = async (call: AwsCall, incoming: IncomingMessage, body: Buffer): Promise<AwsAnswer> => {
    const [path = ""] = (incoming.url ?? "").split("?", 1);
    if (call.service === "Lambda") return invoke(functions[decodeURIComponent(invokePath.exec(path)?.[1] ?? "")], body);
    if (call.service === "SQS" && queue !== undefined) return { status: 200, body: queue.answer(call.operation, body) };
    return pass(call.service === "DynamoDB" ? dynamo.url : motoUrl, incoming, body);
  };
  const endpoint: Omit<AwsEndpoint, "url"> = {
    dynamo,
    faults: () => undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => void server.close(closed));
      await dynamo.close();
    },
  };
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming);
    const call = { ...callOf(incoming), body };
    const fault = endpoint.faults(call);
    if (fault?.kind === "reset") return void incoming.socket.destroy();
    const result = fault?.kind === "answer" ? fault : await serve(call, incoming, body);
    if (fault?.kind === "lost") return void incoming.socket.destroy();
    const bytes = Buffer.isBuffer(result.body) ? result.body : Buffer.from(JSON.stringify(result.body));
    const { "transfer-encoding": _, ...headers } = ("headers" in result && result.headers) || {};
    response.writeHead(result.status, { ...headers, "content-length": bytes.length }).end(bytes);
  };
  // Longer than any client keeps a connection: one that is closed while a request is on its way would look like a fault.
  const server = createServer({ keepAliveTimeout: 600_000 }, (incoming, response) => {
    answer(incoming, response).catch((error: unknown) => incoming.socket.destroy(error as Error));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return Object.assign(endpoint, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

const services: Readonly<Record<string, AwsCall["service"]>> = {
  DynamoDB_20120810: "DynamoDB",
  AmazonSQS: "SQS",
  Logs_20140328: "Logs",
  Firehose_20150804: "Firehose",
};

function callOf({ headers, method = "", url = "" }: IncomingMessage): Omit<AwsCall, "body"> {
  if (invokePath.test(url.split("?", 1)[0] ?? "")) return { service: "Lambda", operation: "Invoke" };
  const [prefix = "", operation = method] = String(headers["x-amz-target"] ?? "").split(".");
  return { service: services[prefix] ?? "other", operation };
}

interface AwsAnswer {
  readonly status: number;
  readonly headers?: IncomingMessage["headers"];
  readonly body: Buffer | object;
}

/** Source: Lambda API reference, Invoke: the payload is the body, and a function that throws is a 200 with X-Amz-Function-Error. */
async function invoke(code: FunctionCode | undefined, body: Buffer): Promise<AwsAnswer> {
  if (code === undefined) {
    const headers = { "x-amzn-errortype": "ResourceNotFoundException" };
    return { status: 404, headers, body: { Message: "no such function" } };
  }
  try {
    const result = await code(JSON.parse(body.toString()));
    return {
      status: 200,
      headers: { "content-type": "application/json" },
      body: Buffer.from(JSON.stringify(result ?? null)),
    };
  } catch (error) {
    return { status: 200, headers: { "x-amz-function-error": "Unhandled" }, body: { errorMessage: String(error) } };
  }
}

function pass(base: string, incoming: IncomingMessage, body: Buffer): Promise<AwsAnswer> {
  return new Promise((resolve, reject) => {
    const { "transfer-encoding": _, ...headers } = incoming.headers;
    const options = { method: incoming.method ?? "GET", headers: { ...headers, "content-length": body.length } };
    const outgoing = request(`${base}${incoming.url}`, options, (answer) => {
      bodyOf(answer)
        .then((bytes) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: bytes }))
        .catch(reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** @returns everything that a request or response holds */
export async function bodyOf(message: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
