import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A request to an AWS service, as it came. */
export interface ProxiedCall {
  /** As in `x-amz-target`, e.g. `GetItem`; for S3 the method. */
  readonly operation: string;
  readonly body: Buffer;
  /** Counts the calls of this operation, from 1. */
  readonly count: number;
}

export type Fault =
  /** Answered in moto's place. */
  | { readonly kind: "answer"; readonly status: number; readonly body: object | string }
  /** The connection breaks before the request gets through. */
  | { readonly kind: "reset" }
  /** It is done, and the answer does not arrive. */
  | { readonly kind: "lost" }
  /** It is done, and the answer comes later. */
  | { readonly kind: "slow"; readonly ms: number }
  /** It gets through with another body, and its answer is changed. */
  | { readonly kind: "changed"; readonly body: Buffer; readonly answer: (body: object) => object };

export interface FaultProxy {
  readonly url: string;
  /** What happens to calls from now on; undefined: nothing out of the ordinary. */
  faults: (call: ProxiedCall) => Fault | undefined;
  readonly calls: ProxiedCall[];
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/**
 * Stands between a client and moto. It makes moto more like AWS in two ways, and faults as a test asks.
 *
 * - One request at a time: moto undoes a refused transaction by putting back a copy of all tables, and with it loses what other
 *   threads wrote meanwhile. DynamoDB's transactions are isolated.
 * - It knows transactions again by their ClientRequestToken, which moto ignores and DynamoDB honours for ten minutes.
 */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const calls: ProxiedCall[] = [];
  const counts = new Map<string, number>();
  const done = new Map<string, { body: string; answer: Promise<Answer> }>();
  let turn: Promise<unknown> = Promise.resolve();

  const forward = (incoming: IncomingMessage, body: Buffer): Promise<Answer> => {
    // Whoever has given up is not served: moto would fall further and further behind.
    const result = turn.then(() => (incoming.socket.destroyed ? gone : send(target, incoming, body)));
    turn = result.catch(() => {});
    return result;
  };
  const once = async (operation: string, incoming: IncomingMessage, body: Buffer): Promise<Answer> => {
    if (operation !== "TransactWriteItems") return forward(incoming, body);
    const text = body.toString();
    const { ClientRequestToken: token } = JSON.parse(text) as { ClientRequestToken: string };
    const before = done.get(token);
    if (before?.body === text) return before.answer;
    if (before !== undefined) return dynamoAnswer(400, "IdempotentParameterMismatchException");
    const answer = forward(incoming, body);
    done.set(token, { body: text, answer });
    if ((await answer).status !== 200) done.delete(token);
    return answer;
  };
  const proxy: Omit<FaultProxy, "url"> = {
    faults: () => undefined,
    calls,
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => void server.close(() => closed()));
    },
  };
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const operation = String(incoming.headers["x-amz-target"] ?? incoming.method).replace(/^.*\./, "");
    const count = (counts.get(operation) ?? 0) + 1;
    counts.set(operation, count);
    const call = { operation, body, count };
    calls.push(call);
    const fault = proxy.faults(call);
    if (fault?.kind === "reset") return void incoming.socket.destroy();
    if (fault?.kind === "answer") return reply(response, jsonAnswer(fault.status, fault.body));
    if (fault?.kind === "changed") {
      const answer = await forward(incoming, fault.body);
      return reply(response, jsonAnswer(answer.status, fault.answer(JSON.parse(answer.body.toString()) as object)));
    }
    const answer = await once(operation, incoming, body);
    if (fault?.kind === "lost") return void incoming.socket.destroy();
    if (fault?.kind === "slow") await sleep(fault.ms);
    reply(response, answer);
  };
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return Object.assign(proxy, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

/** Nobody gets it. */
const gone = jsonAnswer(503, "");

function send(target: string, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string | string[] | undefined> = { ...incoming.headers };
    headers["content-length"] = String(body.length);
    delete headers["transfer-encoding"];
    const outgoing = request(`${target}${incoming.url}`, { method: incoming.method ?? "POST", headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function jsonAnswer(status: number, body: object | string): Answer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: { "content-type": "application/x-amz-json-1.0" }, body: Buffer.from(text) };
}

function dynamoAnswer(status: number, type: string, more: object = {}): Answer {
  return jsonAnswer(status, { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: "injected", ...more });
}

/** An error as DynamoDB and other services with JSON protocols answer it. */
export function errorFault(status: number, type: string, more: object = {}): Fault {
  const { body } = dynamoAnswer(status, type, more);
  return { kind: "answer", status, body: body.toString() };
}

function reply(response: ServerResponse, { status, headers, body }: Answer): void {
  const kept = Object.entries(headers).filter(
    ([name]) => !["content-length", "connection", "transfer-encoding"].includes(name),
  );
  response.writeHead(status, { ...Object.fromEntries(kept), "content-length": body.length });
  response.end(body);
}
