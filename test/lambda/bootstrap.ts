/**
 * Runs a bundle the way Lambda's managed Node runtime does, `awslambda.streamifyResponse` included: `node bootstrap.ts <module>`.
 * AWS's own client for this (`aws-lambda-ric`) is native code that is built at its installation; where it is there all the same,
 * `LAMBDA_RIC=<its index.mjs>` makes the tests run on it (`run-entry.ts`).
 * Source: Lambda developer guide, runtime API and response streaming, read 2026-11.
 */
import type { ClientRequest, IncomingMessage } from "node:http";
import { pathToFileURL } from "node:url";

// As AWS's own client takes it: as CommonJS. An import would load everything that its getters name, fetch included.
const { Agent: HttpAgent, request } = process.getBuiltinModule("node:http");

type StreamingHandler = (event: unknown, stream: ResponseStream, context: unknown) => Promise<unknown>;
type Handler = (event: unknown, context: unknown) => Promise<unknown>;
type ResponseStream = ClientRequest & { setContentType(type: string): void; beforeFirstWrite?: () => void };

const [host = "", port = ""] = (process.env.AWS_LAMBDA_RUNTIME_API ?? "").split(":");
const base = "/2018-06-01/runtime";
const agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
const streaming = new WeakSet<object>();

Object.assign(globalThis, {
  awslambda: {
    streamifyResponse(handler: StreamingHandler) {
      streaming.add(handler);
      return handler;
    },
    HttpResponseStream: {
      from(stream: ResponseStream, prelude: unknown) {
        stream.setContentType("application/vnd.awslambda.http-integration-response");
        const write = stream.write.bind(stream);
        stream.beforeFirstWrite = () => {
          write(JSON.stringify(prelude));
          write(new Uint8Array(8));
        };
        return stream;
      },
    },
  },
});

function call(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<IncomingMessage & { text: string }> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const sent = request(
      { host, port, method, path: base + path, agent, headers: { ...headers, ...length } },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => resolve(Object.assign(answer, { text: Buffer.concat(chunks).toString() })));
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

function errorBody(error: unknown): { type: string; body: string } {
  const type = error instanceof Error ? error.name : "Error";
  const message = error instanceof Error ? error.message : String(error);
  return { type, body: JSON.stringify({ errorType: type, errorMessage: message, trace: [] }) };
}

function openStream(id: string): { stream: ResponseStream; done: Promise<void> } {
  const done = Promise.withResolvers<void>();
  const trailers = ["Lambda-Runtime-Function-Error-Type", "Lambda-Runtime-Function-Error-Body"];
  const headers = {
    "Lambda-Runtime-Function-Response-Mode": "streaming",
    Trailer: trailers,
    "Content-Type": "application/octet-stream",
  };
  const path = `${base}/invocation/${id}/response`;
  const stream = request({ host, port, method: "POST", path, agent, headers }, (answer) => {
    answer.resume();
    answer.on("end", () => done.resolve());
  }) as ResponseStream;
  stream.on("error", (error) => done.reject(error));
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.setContentType = (type) => void stream.setHeader("Content-Type", type);
  stream.write = ((...args: unknown[]) => {
    const before = stream.beforeFirstWrite;
    delete stream.beforeFirstWrite;
    before?.();
    return write(...args);
  }) as typeof stream.write;
  return { stream, done: done.promise };
}

async function respondStreaming(
  handler: StreamingHandler,
  event: unknown,
  context: { awsRequestId: string },
): Promise<void> {
  const { stream, done } = openStream(context.awsRequestId);
  done.catch(() => undefined);
  try {
    await handler(event, stream, context);
  } catch (error) {
    console.error("Invoke Error", error);
    const { type, body } = errorBody(error);
    if (!stream.destroyed) {
      stream.addTrailers({
        "Lambda-Runtime-Function-Error-Type": type,
        "Lambda-Runtime-Function-Error-Body": Buffer.from(body).toString("base64"),
      });
      stream.end();
    }
  }
  await done.catch((error: unknown) => console.error("the response stream broke", String(error)));
}

async function main(): Promise<void> {
  let handler: Handler & StreamingHandler;
  try {
    handler = (await import(pathToFileURL(process.argv[2] ?? "").href)).handler;
  } catch (error) {
    console.error("Init Error", error);
    const { type, body } = errorBody(error);
    await call("POST", "/init/error", body, { "Lambda-Runtime-Function-Error-Type": type });
    process.exit(1);
  }
  for (;;) {
    const next = await call("GET", "/invocation/next");
    const awsRequestId = String(next.headers["lambda-runtime-aws-request-id"]);
    const deadline = Number(next.headers["lambda-runtime-deadline-ms"]);
    const invokedFunctionArn = String(next.headers["lambda-runtime-invoked-function-arn"]);
    const context = { awsRequestId, invokedFunctionArn, getRemainingTimeInMillis: () => deadline - Date.now() };
    const event: unknown = JSON.parse(next.text);
    if (streaming.has(handler)) {
      await respondStreaming(handler, event, context);
      continue;
    }
    try {
      const result = await handler(event, context);
      await call("POST", `/invocation/${awsRequestId}/response`, JSON.stringify(result ?? null));
    } catch (error) {
      console.error("Invoke Error", error);
      const { type, body } = errorBody(error);
      await call("POST", `/invocation/${awsRequestId}/error`, body, { "Lambda-Runtime-Function-Error-Type": type });
    }
  }
}

await main();
