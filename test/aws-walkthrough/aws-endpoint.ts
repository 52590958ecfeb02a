import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type FaultProxy, startFaultProxy } from "../aws/fault-proxy.ts";

/** A function's code, as Lambda runs it. */
export type FunctionCode = (event: unknown) => Promise<unknown>;

/** What `PERGOLA_AWS_ENDPOINT` names: every API of AWS that a deployment calls. */
export interface AwsEndpoint {
  readonly url: string;
  /** What stands before moto's DynamoDB. */
  readonly dynamo: FaultProxy;
  close(): Promise<void>;
}

const invokePath = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/**
 * Serves moto, with two services in other hands: Lambda's Invoke runs `functions` (moto's needs Docker), and DynamoDB goes through the
 * proxy that isolates its transactions as AWS's are.
 * @param functions by ARN
 */
export async function startAwsEndpoint(
  motoUrl: string,
  functions: Readonly<Record<string, FunctionCode>>,
): Promise<AwsEndpoint> {
  const dynamo = await startFaultProxy(motoUrl);
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error: unknown) => incoming.socket.destroy(error as Error));
  });
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = ""] = (incoming.url ?? "").split("?", 1);
    const [, name] = invokePath.exec(path) ?? [];
    if (name !== undefined) return invoke(functions[decodeURIComponent(name)], incoming, response);
    const isDynamo = String(incoming.headers["x-amz-target"]).startsWith("DynamoDB_");
    await pass(isDynamo ? dynamo.url : motoUrl, incoming, response);
  };
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    dynamo,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => void server.close(closed));
      await dynamo.close();
    },
  };
}

/** Source: Lambda API reference, Invoke: the payload is the body, and a function that throws is a 200 with X-Amz-Function-Error. */
async function invoke(code: FunctionCode | undefined, incoming: IncomingMessage, response: ServerResponse) {
  const body = await bodyOf(incoming);
  if (code === undefined) {
    const error = JSON.stringify({ Message: "no such function" });
    response.writeHead(404, { "x-amzn-errortype": "ResourceNotFoundException" }).end(error);
    return;
  }
  try {
    const result = await code(JSON.parse(body.toString()));
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(result ?? null));
  } catch (error) {
    const payload = JSON.stringify({ errorMessage: String(error) });
    response.writeHead(200, { "x-amz-function-error": "Unhandled" }).end(payload);
  }
}

function pass(base: string, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const { method = "GET", headers, url } = incoming;
    const outgoing = request(`${base}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.on("error", reject);
      answer.on("end", resolve);
    });
    outgoing.on("error", reject);
    incoming.pipe(outgoing);
  });
}

/** @returns everything that a request or response holds */
export async function bodyOf(message: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
