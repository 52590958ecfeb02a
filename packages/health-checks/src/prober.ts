/** One question to one target. */
export interface Probe {
  /** IPv4 or IPv6 address. */
  readonly address: string;
  readonly port: number;
  readonly protocol: "HTTP" | "HTTPS";
  readonly protocolVersion: "HTTP1" | "HTTP2";
  /** With its query. */
  readonly path: string;
}

/** The port to the network. */
export interface Prober {
  /**
   * Sends a GET on a connection of its own and closes it. Redirects are answers like others.
   * @returns the status of the answer
   * @throws whatever kept an answer from coming before `signal` aborts
   */
  probe(probe: Probe, signal: AbortSignal): Promise<number>;
}

/** How targets tell probes from other requests; the headers of Lattice's own are not documented. */
export const probeUserAgent = "Pergola-HealthChecker/1.0";

/** Bytes of an answer's body after which the connection is closed: the status is known by then. */
export const maxProbeBody = 64 * 1024;

/** @returns the value of the Host header */
export function authorityOf({ address, port }: Probe): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
