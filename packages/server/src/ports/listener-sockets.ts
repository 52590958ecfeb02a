import type { Logger } from "@pergola/core";

/** A socket that serves a listener port. */
export interface OpenPort {
  readonly address: { readonly port: number };
  close(): Promise<void>;
}

export interface ListenerSocketsPorts {
  readonly listen: (listenerPort: number, bind: { host: string; port: number }) => Promise<OpenPort>;
  readonly logger: Logger;
}

/** The sockets of listener ports, those that are open and those that could not be opened. */
export interface ListenerSockets {
  /** Opens what is missing and closes what is not needed. Resolves when each is open or has failed; never rejects. */
  match(needed: ReadonlySet<number>): Promise<void>;
  /** Reasons by listener port. */
  readonly failed: ReadonlyMap<number, string>;
  readonly open: ReadonlyMap<number, OpenPort>;
}

/** @param portOf the port on this machine for a listener port */
export function createListenerSockets(
  { listen, logger }: ListenerSocketsPorts,
  host: string,
  portOf: (listenerPort: number) => number,
): ListenerSockets {
  const open = new Map<number, OpenPort>();
  const failed = new Map<number, string>();

  const openPort = async (listenerPort: number): Promise<void> => {
    const port = portOf(listenerPort);
    try {
      open.set(listenerPort, await listen(listenerPort, { host, port }));
      if (failed.delete(listenerPort)) logger.info("a listener port is open now", { listenerPort, port });
    } catch (error) {
      const reason = bindError(error as NodeJS.ErrnoException, host, port);
      if (failed.get(listenerPort) !== reason) {
        logger.error("a listener port cannot be opened", { listenerPort, reason });
      }
      failed.set(listenerPort, reason);
    }
  };
  /** Not awaited: the socket is given up at once, and requests in flight may take long to finish. */
  const closePort = (listenerPort: number): void => {
    const port = open.get(listenerPort);
    open.delete(listenerPort);
    port?.close().catch((error: unknown) => logger.error("a listener port did not close", { listenerPort, error }));
  };

  return {
    open,
    failed,
    async match(needed) {
      for (const listenerPort of failed.keys()) if (!needed.has(listenerPort)) failed.delete(listenerPort);
      for (const listenerPort of open.keys()) if (!needed.has(listenerPort)) closePort(listenerPort);
      await Promise.all([...needed].filter((listenerPort) => !open.has(listenerPort)).map(openPort));
    },
  };
}

/** @returns why a socket cannot be opened, for whoever has to do something about it */
export function bindError(error: NodeJS.ErrnoException, host: string, port: number): string {
  const at = `${host}:${port}`;
  if (error.code === "EADDRINUSE") return `${at} is in use by another process`;
  if (error.code === "EACCES") return `${at} needs more rights than this process has: use a port from 1024`;
  if (error.code === "EADDRNOTAVAIL") {
    return `${host} is no address of this machine: on macOS, add it with \`sudo ifconfig lo0 alias ${host}\``;
  }
  return `${at}: ${error.message}`;
}
