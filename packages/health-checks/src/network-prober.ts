import { probeHttp1 } from "./http1-probe.ts";
import { probeHttp2 } from "./http2-probe.ts";
import type { Prober } from "./prober.ts";

/** Probes over real connections. */
export const networkProber: Prober = {
  async probe(probe, signal) {
    signal.throwIfAborted();
    return probe.protocolVersion === "HTTP2" ? probeHttp2(probe, signal) : probeHttp1(probe, signal);
  },
};
