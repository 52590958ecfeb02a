import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { LambdaInvokeError } from "@pergola/core";
import { afterEach, describe, expect, it } from "vitest";
import { createLambdaInvoker } from "./lambda-endpoint-invoker.ts";

const arn = "arn:aws:lambda:us-west-2:123456789012:function:hello";
const never = new AbortController().signal;
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Answer = (request: IncomingMessage, body: string, response: ServerResponse) => void;

async function invokerFor(answer: Answer, timeoutMs = 5_000) {
  const connections = new Set<unknown>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answer(request, Buffer.concat(chunks).toString(), response));
  });
  server.on("connection", (socket) => connections.add(socket));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  });
  const { port } = server.address() as AddressInfo;
  const invoker = createLambdaInvoker({ endpoint: `http://127.0.0.1:${port}`, region: "us-west-2", timeoutMs });
  cleanups.push(() => invoker.close());
  return { invoker, connections };
}

const failure =
  (status: number, type: string): Answer =>
  (_request, _body, response) => {
    response.writeHead(status, { "content-type": "application/json", "x-amzn-errortype": type });
    response.end(JSON.stringify({ message: "no" }));
  };

describe("the Lambda endpoint invoker", () => {
  it("sends the event as it is to the function's path and gives the payload back", async () => {
    const seen: { url: string | undefined; type: unknown; body: string }[] = [];
    const { invoker } = await invokerFor((request, body, response) => {
      seen.push({ url: request.url, type: request.headers["x-amz-invocation-type"], body });
      response.end('{"statusCode":200}');
    });

    const result = await invoker.invoke(arn, '{"path":"/ä"}', never);

    expect(Buffer.from(result.payload).toString()).toBe('{"statusCode":200}');
    expect(result.functionError).toBeUndefined();
    expect(decodeURIComponent(seen[0]?.url ?? "")).toBe(`/2015-03-31/functions/${arn}/invocations`);
    expect(seen[0]).toMatchObject({ type: "RequestResponse", body: '{"path":"/ä"}' });
  });

  it("names a version or alias as the qualifier", async () => {
    const urls: string[] = [];
    const { invoker } = await invokerFor((request, _body, response) => {
      urls.push(decodeURIComponent(request.url ?? ""));
      response.end("null");
    });

    await invoker.invoke(`${arn}:live`, "{}", never);

    expect(urls).toEqual([`/2015-03-31/functions/${arn}/invocations?Qualifier=live`]);
  });

  it("passes a function's own error on as a result", async () => {
    const { invoker } = await invokerFor((_request, _body, response) => {
      response.writeHead(200, { "x-amz-function-error": "Unhandled" });
      response.end('{"errorMessage":"boom"}');
    });

    const result = await invoker.invoke(arn, "{}", never);

    expect(result.functionError).toBe("Unhandled");
    expect(Buffer.from(result.payload).toString()).toBe('{"errorMessage":"boom"}');
  });

  it.each([
    [404, "ResourceNotFoundException", "unknown-function"],
    [429, "TooManyRequestsException", "throttled"],
    [403, "AccessDeniedException", "denied"],
    [413, "RequestTooLargeException", "too-large"],
    [413, "Whatever", "too-large"],
    [500, "ServiceException", "unavailable"],
    [502, "EC2UnexpectedException", "unavailable"],
  ])("tells %i %s as %s", async (status, type, reason) => {
    const { invoker } = await invokerFor(failure(status, type));

    const error = await invoker.invoke(arn, "{}", never).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(LambdaInvokeError);
    expect(error).toMatchObject({ reason });
  });

  it("tries again what was throttled, and nothing that may have run", async () => {
    const counts = { throttled: 0, failed: 0 };
    const throttled = await invokerFor((request, body, response) => {
      counts.throttled += 1;
      if (counts.throttled < 3) failure(429, "TooManyRequestsException")(request, body, response);
      else response.end("null");
    });
    const failed = await invokerFor((request, body, response) => {
      counts.failed += 1;
      failure(500, "ServiceException")(request, body, response);
    });

    expect(Buffer.from((await throttled.invoker.invoke(arn, "{}", never)).payload).toString()).toBe("null");
    await expect(failed.invoker.invoke(arn, "{}", never)).rejects.toMatchObject({ reason: "unavailable" });

    expect(counts).toEqual({ throttled: 3, failed: 1 });
  });

  it("stops trying again when the caller does not wait any longer", async () => {
    const { invoker } = await invokerFor(failure(429, "TooManyRequestsException"));
    const abort = new AbortController();
    const invocation = invoker.invoke(arn, "{}", abort.signal);
    setTimeout(() => abort.abort(new Error("the client went away")), 60);

    await expect(invocation).rejects.toThrow("the client went away");
  });

  it("does not invoke a second time when the answer is lost", async () => {
    let calls = 0;
    const { invoker } = await invokerFor((request) => {
      calls += 1;
      request.socket.destroy();
    });

    await expect(invoker.invoke(arn, "{}", never)).rejects.toMatchObject({ reason: "unavailable" });
    expect(calls).toBe(1);
  });

  it("gives up on a function that does not answer in time", async () => {
    const { invoker } = await invokerFor(() => {}, 100);

    await expect(invoker.invoke(arn, "{}", never)).rejects.toMatchObject({ reason: "unavailable" });
  });

  it("stops at the caller's signal, with the signal's reason", async () => {
    const { invoker } = await invokerFor(() => {});
    const abort = new AbortController();
    const invocation = invoker.invoke(arn, "{}", abort.signal);
    setTimeout(() => abort.abort(new Error("the client went away")), 50);

    await expect(invocation).rejects.toThrow("the client went away");
  });

  it("refuses an event over 6 MB without sending it", async () => {
    let calls = 0;
    const { invoker } = await invokerFor((_request, _body, response) => {
      calls += 1;
      response.end();
    });

    await expect(invoker.invoke(arn, "x".repeat(6_291_557), never)).rejects.toMatchObject({ reason: "too-large" });
    expect(calls).toBe(0);
  });

  it("reports an endpoint that is away as unavailable", async () => {
    const invoker = createLambdaInvoker({ endpoint: "http://127.0.0.1:1", region: "us-west-2" });

    await expect(invoker.invoke(arn, "{}", never)).rejects.toMatchObject({ reason: "unavailable" });
  });

  it("keeps its connection", async () => {
    const { invoker, connections } = await invokerFor((_request, _body, response) => void response.end("null"));

    for (let i = 0; i < 5; i++) await invoker.invoke(arn, "{}", never);

    expect(connections.size).toBe(1);
  });
});
