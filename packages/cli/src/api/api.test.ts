import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { type Api, ApiFailure, openApi } from "./api.ts";
import { listAll } from "./call-and-print.ts";

/** An API client on a server that answers by `listener`. */
async function open(listener: RequestListener): Promise<Api> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpointUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const silent = { write: () => true };
  return openApi({ endpointUrl }, { env: {}, cwd: () => "/", stdout: silent, stderr: silent });
}

it("an error of the API is told by its message, without what could rewrite the terminal", async () => {
  const api = await open((_request, response) => {
    response.writeHead(409, { "x-amzn-errortype": "ConflictException:http://internal" });
    response.end(JSON.stringify({ message: "taken\u001b[2J\r\u009b" }));
  });

  const failure = await api.call("GET", "/").catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ApiFailure);
  expect(failure).toMatchObject({ code: "ConflictException", message: "taken\\u001b[2J\\u000d\\u009b", exitCode: 1 });
});

it.each<[string, RequestListener, RegExp]>([
  ["no JSON", (_request, response) => response.end("<html>"), /is no JSON: is it the port of Pergola's API\?/],
  ["no message", (_request, response) => response.writeHead(500).end("{}"), /answered with 500$/],
  ["null", (_request, response) => response.writeHead(500).end("null"), /answered with 500$/],
  ["elsewhere", (_request, response) => response.writeHead(302, { location: "/x" }).end(), /cannot be reached/],
  ["nothing", (request) => request.socket.destroy(), /cannot be reached/],
])("an answer that is of no use is told as such: %s", async (_what, listener, message) => {
  const api = await open(listener);

  await expect(api.call("GET", "/")).rejects.toThrow(message);
});

it("an answer without a body is undefined", async () => {
  const api = await open((_request, response) => response.writeHead(204).end());

  expect(await api.call("DELETE", "/x")).toBeUndefined();
});

it("lists are read page by page, with tokens of any characters", async () => {
  const api = await open((request, response) => {
    const token = new URL(request.url ?? "", "http://x").searchParams.get("nextToken");
    const answers: Readonly<Record<string, unknown>> = { "a+b/c=": { items: [2, 3] } };
    response.end(JSON.stringify(token === null ? { items: [1], nextToken: "a+b/c=" } : answers[token]));
  });

  expect(await listAll(api, "/list")).toEqual([1, 2, 3]);
});
