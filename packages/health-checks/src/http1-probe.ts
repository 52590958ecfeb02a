import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { authorityOf, maxProbeBody, type Probe, probeUserAgent } from "./prober.ts";

/**
 * Probes over HTTP/1.1. Certificates are not validated: Lattice takes any from a target.
 * Source: VPC Lattice user guide, health checks, read 2026-11.
 */
export function probeHttp1(probe: Probe, signal: AbortSignal): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const options = {
    host: probe.address,
    port: probe.port,
    path: probe.path,
    method: "GET",
    agent: false as const,
    headers: { host: authorityOf(probe), "user-agent": probeUserAgent, accept: "*/*", connection: "close" },
    rejectUnauthorized: false,
    signal,
  };
  const request = probe.protocol === "HTTPS" ? httpsRequest(options) : httpRequest(options);
  request.on("error", reject);
  // Last of all events; without an answer before it (after a 101, for one) there is none.
  request.on("close", () => reject(new Error("the connection was closed without an answer")));
  request.on("response", (response: IncomingMessage) => {
    let bytes = 0;
    const answered = (): void => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    };
    response.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxProbeBody) answered();
    });
    response.on("end", answered);
    response.on("error", reject);
  });
  request.end();
  return promise;
}
