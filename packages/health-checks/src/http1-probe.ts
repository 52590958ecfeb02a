import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { authorityOf, maxProbeBody, type Probe, probeUserAgent } from "./prober.ts";

/** A connection for each probe. TLS sessions are not kept: whether a handshake succeeds is part of the question. */
const agents = {
  HTTP: new HttpAgent({ keepAlive: false }),
  HTTPS: new HttpsAgent({ keepAlive: false, maxCachedSessions: 0 }),
};

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
    agent: agents[probe.protocol],
    headers: { host: authorityOf(probe), "user-agent": probeUserAgent, accept: "*/*", connection: "close" },
    rejectUnauthorized: false,
  };
  const request = probe.protocol === "HTTPS" ? httpsRequest(options) : httpRequest(options);
  const abort = (): void => void request.destroy(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  request.on("error", reject);
  // Last of all events; without an answer before it (after a 101, for one) there is none.
  request.on("close", () => {
    signal.removeEventListener("abort", abort);
    reject(new Error("the connection was closed without an answer"));
  });
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
