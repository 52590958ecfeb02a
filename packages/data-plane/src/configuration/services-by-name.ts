import { serviceIdOfGeneratedName } from "@pergola/core";
import type { CompiledService } from "./compile-service.ts";
import type { Configuration } from "./configuration.ts";

/** Undefined where a service has gone since its name was read. */
export type NamedServices = readonly (CompiledService | undefined)[];

/**
 * @returns a function from a host name in lower case to the services that may be meant, the value itself when it is in memory; the
 * caller still has to compare the whole name with the service's own
 */
export function servicesByName({
  services,
  domains,
}: Configuration): (host: string) => NamedServices | Promise<NamedServices> {
  const byId = (id: string): NamedServices | Promise<NamedServices> => {
    const found = services.get(id);
    return found instanceof Promise ? found.then((one) => [one]) : [found];
  };
  const byIds = (ids: readonly string[]): NamedServices | Promise<NamedServices> => {
    const found = ids.map((id) => services.get(id));
    return found.some((one) => one instanceof Promise) ? Promise.all(found) : (found as NamedServices);
  };
  return (host) => {
    const id = serviceIdOfGeneratedName(host);
    if (id !== undefined) return byId(id);
    const ids = domains.get(host);
    return ids instanceof Promise ? ids.then((known) => byIds(known ?? [])) : byIds(ids ?? []);
  };
}
