import { type ConfigStore, owners, type ServiceSnapshot } from "@pergola/core";
import { followSnapshots } from "./follow-snapshots.ts";
import { createListenerSockets, type ListenerSocketsPorts } from "./listener-sockets.ts";
import { wantedPorts } from "./wanted-ports.ts";

export interface PortManagerPorts extends ListenerSocketsPorts {
  readonly store: ConfigStore;
}

export interface PortManagerOptions {
  readonly host: string;
  /** Listener ports that are always open, and where: `[[80, 7080], [443, 7443]]`. */
  readonly fixed: readonly (readonly [listenerPort: number, port: number])[];
  /** Wait before a failed port is tried again, in milliseconds. */
  readonly retryMs?: number;
}

/** What the status page shows of one listener port. */
export interface PortStatus {
  readonly listenerPort: number;
  readonly state: "listening" | "failed";
  /** Where it is served on this machine. */
  readonly address?: string;
  readonly error?: string;
  /** Ids of the services with a listener on it. */
  readonly services: readonly string[];
}

export interface PortManager {
  /** Resolves when every port that was wanted at the time of the call is open or has failed. */
  settled(): Promise<void>;
  status(): readonly PortStatus[];
  /** @returns the port on this machine that serves a listener port, or undefined while none does */
  portOf(listenerPort: number): number | undefined;
  /** Stops following the store; the sockets are the data plane's to close. */
  close(): Promise<void>;
}

/**
 * Opens the sockets that services' listeners need and closes those that none needs any more. A port that cannot be bound is
 * logged, shown in the status and tried again.
 */
export async function startPortManager(ports: PortManagerPorts, options: PortManagerOptions): Promise<PortManager> {
  const { store, logger } = ports;
  const { host, fixed, retryMs = 5_000 } = options;
  const fixedPorts = new Map(fixed);
  const wanted = wantedPorts([...fixedPorts.keys()]);
  const sockets = createListenerSockets(ports, host, (listenerPort) => fixedPorts.get(listenerPort) ?? listenerPort);
  const followed = await followSnapshots<ServiceSnapshot>(
    { store, logger, owner: owners.serviceSnapshots, retryMs },
    {
      note: (id, snapshot) => wanted.note(id, snapshot),
      async reconcile() {
        await sockets.match(wanted.ports());
        return sockets.failed.size > 0;
      },
    },
  );
  return {
    settled: () => followed.settled(),
    portOf: (listenerPort) => sockets.open.get(listenerPort)?.address.port,
    status: () =>
      [...wanted.ports()]
        .sort((a, b) => a - b)
        .map((listenerPort) => {
          const services = wanted.servicesOf(listenerPort);
          const socket = sockets.open.get(listenerPort);
          if (socket !== undefined) {
            return { listenerPort, state: "listening", address: `${host}:${socket.address.port}`, services };
          }
          return {
            listenerPort,
            state: "failed",
            error: sockets.failed.get(listenerPort) ?? "not opened yet",
            services,
          };
        }),
    close: () => followed.close(),
  };
}
