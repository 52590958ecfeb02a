import type { Logger } from "@pergola/core";
import type { ResourceGateway, ResourcePort } from "@pergola/data-plane";
import { bindError } from "../ports/listener-sockets.ts";
import type { WantedEndpoint } from "./wanted-sockets.ts";

/** Sockets of resources, those that are open and those that could not be opened. */
export interface ResourceSockets {
  /**
   * Opens what is missing and closes what is not needed. Resolves when each is open or has failed; never rejects.
   * @param addresses by association
   */
  match(wanted: readonly WantedEndpoint[], addresses: ReadonlyMap<string, string>): Promise<void>;
  readonly hasFailed: boolean;
  /** @returns undefined for a socket that is open, or why it is not */
  failureOf(associationId: string, port: number): string | undefined;
}

/** Each takes a file descriptor, of which a process has 1,024 on many machines. */
const maxSockets = 2_000;

interface Wanted {
  readonly endpoint: WantedEndpoint;
  readonly port: number;
  readonly host: string;
}

/** @param listen opens a socket for a port of an endpoint */
export function createResourceSockets(listen: ResourceGateway["listen"], logger: Logger): ResourceSockets {
  const open = new Map<string, { readonly socket: ResourcePort; readonly host: string }>();
  const failed = new Map<string, string>();

  const openSocket = async (key: string, { endpoint, port, host }: Wanted): Promise<void> => {
    try {
      if (open.size >= maxSockets) throw new Error(`${maxSockets} ports of resources are open, and no more may be`);
      open.set(key, { socket: await listen(endpoint, port, { host, port }), host });
      failed.delete(key);
    } catch (error) {
      const reason = failureText(error as NodeJS.ErrnoException, host, port);
      if (failed.get(key) !== reason) logger.error("a port of a resource cannot be opened", { port, reason });
      failed.set(key, reason);
    }
  };
  /** Not awaited: the socket is given up at once, and connections may take long to finish. */
  const closeSocket = (key: string): void => {
    const entry = open.get(key);
    open.delete(key);
    entry?.socket.close().catch((error: unknown) => logger.error("a port of a resource did not close", { error }));
  };

  return {
    async match(wanted, addresses) {
      const sockets = socketsOf(wanted, addresses);
      for (const key of failed.keys()) if (!sockets.has(key)) failed.delete(key);
      for (const [key, { host }] of open) if (sockets.get(key)?.host !== host) closeSocket(key);
      // One after the other, so that no more are opened than may be.
      for (const [key, socket] of sockets) if (!open.has(key)) await openSocket(key, socket);
    },
    get hasFailed() {
      return failed.size > 0;
    },
    failureOf: (associationId, port) => {
      const key = keyOf(associationId, port);
      return open.has(key) ? undefined : (failed.get(key) ?? "not opened yet");
    },
  };
}

/** What listens on all addresses, as a database in a container does by default, has the port at this one too. */
function failureText(error: NodeJS.ErrnoException, host: string, port: number): string {
  const reason = bindError(error, host, port);
  if (error.code !== "EADDRINUSE") return reason;
  return `${reason}: if that listens on all addresses at port ${port}, have it listen on 127.0.0.1`;
}

function keyOf(associationId: string, port: number): string {
  return `${associationId}:${port}`;
}

function socketsOf(
  wanted: readonly WantedEndpoint[],
  addresses: ReadonlyMap<string, string>,
): ReadonlyMap<string, Wanted> {
  const sockets = new Map<string, Wanted>();
  for (const endpoint of wanted) {
    const host = addresses.get(endpoint.associationId);
    if (host === undefined) continue;
    for (const port of endpoint.ports) sockets.set(keyOf(endpoint.associationId, port), { endpoint, port, host });
  }
  return sockets;
}
