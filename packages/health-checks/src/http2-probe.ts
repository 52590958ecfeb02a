import { connect } from "node:http2";
import { authorityOf, maxProbeBody, type Probe, probeUserAgent } from "./prober.ts";

/** Probes over HTTP/2: with prior knowledge over HTTP, by ALPN over HTTPS. Certificates are not validated. */
export async function probeHttp2(probe: Probe, signal: AbortSignal): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const scheme = probe.protocol === "HTTPS" ? "https" : "http";
  const session = connect(`${scheme}://${authorityOf(probe)}`, { rejectUnauthorized: false });
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    session.on("error", reject);
    session.on("close", () => reject(new Error("the connection was closed")));
    const stream = session.request({ ":path": probe.path, "user-agent": probeUserAgent, accept: "*/*" });
    let status = 0;
    let bytes = 0;
    stream.on("error", reject);
    stream.on("response", (headers) => {
      status = headers[":status"] ?? 0;
    });
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxProbeBody) resolve(status);
    });
    stream.on("end", () => (status === 0 ? reject(new Error("the stream ended without an answer")) : resolve(status)));
    return await promise;
  } finally {
    signal.removeEventListener("abort", abort);
    session.destroy();
  }
}
