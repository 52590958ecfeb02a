import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "@pergola/core";
import { jsonResponse, type TextResponse } from "../api/api-error.ts";

export interface HealthEndpoint {
  readonly port: number;
  close(): Promise<void>;
}

/** A load balancer asks from a few addresses, with a short request. */
const limits = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};

export interface HealthPorts {
  isReady(): boolean;
  /** What is answered beside `/health`, by path. */
  readonly views: Readonly<Record<string, () => Promise<TextResponse>>>;
  readonly logger: Logger;
}

/**
 * Answers `GET /health`: 200 while connections are welcome, 503 from the moment the gateway drains; and the views.
 * @throws the system's error when the port cannot be bound
 */
export async function startHealthEndpoint(
  ports: HealthPorts,
  bind: { readonly host: string; readonly port: number },
): Promise<HealthEndpoint> {
  const server = createServer(limits, async (request, response) => {
    const { status, headers, body } = await answer(ports, request);
    response.writeHead(status, { ...headers, connection: "close" });
    response.end(body);
  });
  server.maxConnections = 100;
  server.listen({ host: bind.host, port: bind.port });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** Never rejects. */
async function answer({ isReady, views, logger }: HealthPorts, { method, url = "" }: IncomingMessage) {
  const isRead = method === "GET" || method === "HEAD";
  if (isRead && url === "/health") {
    return isReady() ? jsonResponse(200, { status: "ok" }) : jsonResponse(503, { status: "draining" });
  }
  const view = isRead && Object.hasOwn(views, url) ? views[url] : undefined;
  if (view === undefined) {
    return jsonResponse(404, { message: `ask for GET ${["/health", ...Object.keys(views)].join(" or ")}` });
  }
  try {
    return await view();
  } catch (error) {
    logger.error("the metrics cannot be read", { error });
    return jsonResponse(503, { message: "the metrics cannot be read now; the gateway's log says why" });
  }
}
