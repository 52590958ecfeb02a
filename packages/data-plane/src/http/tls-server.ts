import { createServer, type Server } from "node:tls";
import type { Logger } from "@pergola/core";
import type { DataPlanePorts } from "../ports.ts";
import type { TicketKeys } from "./ticket-keys.ts";

/** Ends TLS for connections that something else has accepted. */
export interface TlsTermination {
  /** Listens nowhere: it is given connections by its `connection` event. */
  readonly server: Server;
  /** Takes no new keys any more. */
  stop(): void;
}

/** In the order of preference. Source: VPC Lattice user guide, "HTTPS listeners", security policy, read 2026-11. */
const ciphers = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-SHA",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-SHA",
  "AES128-GCM-SHA256",
  "AES128-SHA",
  "AES256-GCM-SHA384",
  "AES256-SHA",
  // Beyond Lattice, whose certificates are all of RSA: for imported ones that are not.
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
];

/** Seconds that a client may take a session up again, as long as there is the key of its ticket. */
const sessionSeconds = 3_600;

/**
 * Terminates TLS with the certificate of the server name; without a name, or with one that no service has, there is no
 * certificate and the handshake fails. Source: VPC Lattice user guide, "HTTPS listeners": TLS 1.2 and 1.3, SNI required.
 * @param handshakeTimeout milliseconds
 */
export function createTlsTermination(
  certificates: DataPlanePorts["certificates"],
  handshakeTimeout: number,
  ticketKeys: TicketKeys,
  logger: Logger,
): TlsTermination {
  const server = createServer({
    minVersion: "TLSv1.2",
    ciphers: ciphers.join(":"),
    honorCipherOrder: true,
    // The server's own, whatever certificate is chosen: tickets hold for every connection of the port.
    sessionTimeout: sessionSeconds,
    ticketKeys: Buffer.from(ticketKeys.current),
    ALPNProtocols: ["h2", "http/1.1"],
    handshakeTimeout,
    SNICallback: (serverName, done) => {
      certificates.contextFor(serverName.toLowerCase()).then(
        (context) => (context === undefined ? done(new Error("no service has this name")) : done(null, context)),
        (error: unknown) => {
          logger.error("certificate could not be loaded", { serverName, error: String(error) });
          done(new Error("no certificate"));
        },
      );
    },
  });
  return { server, stop: ticketKeys.onChange((next) => server.setTicketKeys(Buffer.from(next))) };
}
