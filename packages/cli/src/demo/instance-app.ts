import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The program that stands for an EC2 instance. */
export interface InstanceApp {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves `Hello from the instance` on a free port of 127.0.0.1; for a path other than `/` the answer names it. */
export async function startInstanceApp(): Promise<InstanceApp> {
  const server = createServer((request, response) => {
    const [path = "/"] = (request.url ?? "/").split("?", 1);
    const asked = path === "/" ? "" : `, you asked for ${path}`;
    request.resume();
    response.writeHead(200, { "content-type": "text/plain" }).end(`Hello from the instance${asked}`);
  });
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(0, "127.0.0.1", done);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
