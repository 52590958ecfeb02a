import type { ServiceSnapshot } from "@pergola/core";

/** Which listener ports services need. A change of one service costs the same however many there are. */
export interface WantedPorts {
  /**
   * Notes what a service needs now; undefined for one that is gone.
   * @returns whether another set of ports is wanted since
   */
  note(serviceId: string, snapshot: ServiceSnapshot | undefined): boolean;
  ports(): ReadonlySet<number>;
  /** @returns ids of the services with a listener on the port */
  servicesOf(listenerPort: number): readonly string[];
}

/** @param always ports that are wanted whatever services need */
export function wantedPorts(always: readonly number[]): WantedPorts {
  const byService = new Map<string, readonly number[]>();
  const services = new Map<number, Set<string>>();
  const wanted = new Set(always);
  const fixed = new Set(always);

  const add = (id: string, port: number): boolean => {
    const users = services.get(port) ?? new Set();
    services.set(port, users.add(id));
    const isNew = !wanted.has(port);
    wanted.add(port);
    return isNew;
  };
  const remove = (id: string, port: number): boolean => {
    const users = services.get(port);
    users?.delete(id);
    if (users === undefined || users.size > 0) return false;
    services.delete(port);
    return !fixed.has(port) && wanted.delete(port);
  };

  return {
    note(id, snapshot) {
      const before = byService.get(id) ?? [];
      const after = [...new Set(snapshot?.listeners.map(({ port }) => port))];
      if (snapshot === undefined) byService.delete(id);
      else byService.set(id, after);
      const added = after.filter((port) => !before.includes(port) && add(id, port));
      const removed = before.filter((port) => !after.includes(port) && remove(id, port));
      return added.length + removed.length > 0;
    },
    ports: () => wanted,
    servicesOf: (port) => [...(services.get(port) ?? [])],
  };
}
