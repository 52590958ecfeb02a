import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { DynamoTable } from "./dynamo-table.ts";

type Answer = unknown | { readonly status: number; readonly body: unknown } | "reset" | "silent";

/** What of AWS the entries talk to, on one socket: a table of DynamoDB, and whatever a test puts in for the other services. */
export class AwsStandIn {
  readonly table = new DynamoTable();
  /** Operations of DynamoDB in the order of their arrival. */
  readonly reads: string[] = [];
  /** Set to have DynamoDB fail. */
  storeFault: "reset" | "silent" | 500 | undefined;
  /** By operation, e.g. `AmazonSQS.SendMessageBatch`; for Lambda `Invoke`. */
  readonly operations = new Map<string, (input: Record<string, unknown>, path: string) => Answer | Promise<Answer>>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        console.error("the stand-in for AWS failed", error);
        response.writeHead(500).end();
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const target = request.headers["x-amz-target"];
    const operation = typeof target === "string" ? target : operationOf(request);
    if (operation.startsWith("DynamoDB_20120810.")) {
      this.reads.push(operation.slice("DynamoDB_20120810.".length));
      if (this.storeFault !== undefined)
        return send(response, this.storeFault === 500 ? { status: 500, body: {} } : this.storeFault);
      return send(response, this.table.run(operation, JSON.parse(body.toString())));
    }
    const run = this.operations.get(operation);
    if (run === undefined) return send(response, { status: 400, body: { __type: "UnknownOperationException" } });
    const input =
      operation === "PutObject" ? { body } : (JSON.parse(body.toString() || "{}") as Record<string, unknown>);
    send(response, await run(input, request.url ?? ""));
  }
}

function operationOf({ method, url = "" }: IncomingMessage): string {
  if (url.startsWith("/2015-03-31/functions/")) return "Invoke";
  return method === "PUT" ? "PutObject" : `${method} ${url}`;
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer === "silent") return;
  if (answer === "reset") {
    response.destroy();
    return;
  }
  const given = answer as { readonly status?: number; readonly body?: unknown };
  const [status, body] =
    typeof given?.status === "number" && "body" in given ? [given.status, given.body] : [200, answer];
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/x-amz-json-1.0",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}
