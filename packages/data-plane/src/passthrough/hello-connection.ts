import type { Socket } from "node:net";
import type { ClientConnection } from "../exchange.ts";

/** A TLS connection whose ClientHello has been read. */
export interface HelloConnection {
  /** Paused. */
  readonly socket: Socket;
  readonly client: ClientConnection;
  /** In lower case. */
  readonly serverName: string;
  /** All that the client has sent. */
  readonly bytes: Buffer;
}
