import type { DeploySettings } from "./deploy-settings.ts";

/** What service names end in when there is no domain. ICANN keeps `.internal` for private use. */
export const privateSuffix = "pergola.internal";

/** @returns the parent of every generated service name of a deployment */
export function serviceDomainOf({ region, domain }: Pick<DeploySettings, "region" | "domain">): string {
  return serviceDomain(region, domain?.name ?? privateSuffix);
}

/**
 * The parent of every generated service name: only the first label of `<name>-<id>.7d67968.vpc-lattice-svcs.<region>.<suffix>`
 * varies, so one wildcard certificate and one wildcard record serve them all. Names of resource configurations have two labels that
 * vary; nothing of HTTP goes there.
 */
export function serviceDomain(region: string, suffix: string): string {
  return `7d67968.vpc-lattice-svcs.${region}.${suffix}`;
}
