import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { onTestFinished } from "vitest";
import type { FunctionCode } from "./aws-endpoint.ts";

/** What a target does, as the path of a request asks: `/<group>/<who>/<behaviour>/<number>`. */
export type Behaviour = "ok" | "reset" | "half" | "silent" | "throw";

export interface UnrulyTargets {
  /** Where the instance's program listens. */
  readonly port: number;
  /** Where nothing does. */
  readonly closedPort: number;
  readonly code: FunctionCode;
  /** Paths that a target has seen. */
  readonly reached: ReadonlySet<string>;
  /** How often each behaviour was shown. */
  readonly shown: ReadonlyMap<string, number>;
}

/** Targets that do what they are asked to. End with the test. */
export async function startUnrulyTargets(): Promise<UnrulyTargets> {
  const reached = new Set<string>();
  const shown = new Map<string, number>();
  const behaviourOf = (target: string): Behaviour => {
    const [path = ""] = target.split("?", 1);
    const behaviour = path.split("/")[3] as Behaviour;
    reached.add(path);
    shown.set(behaviour, (shown.get(behaviour) ?? 0) + 1);
    return behaviour;
  };
  const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    const behaviour = behaviourOf(request.url ?? "");
    request.resume();
    if (behaviour === "reset") request.socket.resetAndDestroy();
    else if (behaviour === "half") {
      response.writeHead(200, { "content-length": "100" });
      response.write("some", () => request.socket.destroy());
    } else if (behaviour !== "silent") response.end("ok");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const code: FunctionCode = async (event) => {
    const { raw_path: path = "" } = event as { readonly raw_path?: string };
    if (behaviourOf(path) === "throw") throw new Error("the function's own");
    return { statusCode: 200, body: "ok" };
  };
  return { port: (server.address() as AddressInfo).port, closedPort: await findClosedPort(), code, reached, shown };
}

async function findClosedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
