import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

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

/**
 * Answers `GET /health`: 200 while connections are welcome, 503 from the moment the gateway drains; and `GET /metrics`.
 * @throws the system's error when the port cannot be bound
 */
export async function startHealthEndpoint(
  ports: { isReady(): boolean; metrics(): unknown },
  bind: { readonly host: string; readonly port: number },
): Promise<HealthEndpoint> {
  const server = createServer(limits, ({ method, url }, response) => {
    const isRead = method === "GET" || method === "HEAD";
    const isReady = ports.isReady();
    const [status, body] =
      isRead && url === "/health"
        ? [isReady ? 200 : 503, { status: isReady ? "ok" : "draining" }]
        : isRead && url === "/metrics"
          ? [200, ports.metrics()]
          : [404, { message: "ask for GET /health or GET /metrics" }];
    response.writeHead(status as number, { "content-type": "application/json", connection: "close" });
    response.end(JSON.stringify(body));
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
