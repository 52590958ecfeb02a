import { createServer, type Server } from "node:tls";
import type { Logger } from "@pergola/core";
import type { DataPlanePorts } from "../ports.ts";

/**
 * Terminates TLS with the certificate of the server name; without a name, or with one that no service has, there is no
 * certificate and the handshake fails. Source: VPC Lattice user guide, "HTTPS listeners": TLS 1.2 and 1.3, SNI required.
 * @param handshakeTimeout milliseconds
 * @returns a server that listens nowhere: it is given connections by its `connection` event
 */
export function createTlsTermination(
  certificates: DataPlanePorts["certificates"],
  handshakeTimeout: number,
  logger: Logger,
): Server {
  return createServer({
    minVersion: "TLSv1.2",
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
}
