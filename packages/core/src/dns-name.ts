import { RecentTexts } from "./recent-texts.ts";
import { idSuffix } from "./resource-id.ts";

/** A constant label in every public example of a service's generated DNS name. Source: AWS documentation, read 2026-11. */
const stageLabel = "7d67968";

/**
 * The DNS name that a service gets at its creation.
 * @param domain the suffix: `localhost` for a local Pergola, `on.aws` on AWS, or a zone of one's own
 */
export function generatedDnsName(name: string, serviceId: string, region: string, domain: string): string {
  return `${name}-${idSuffix(serviceId) ?? ""}.${stageLabel}.vpc-lattice-svcs.${region}.${domain}`;
}

/** The same for resource configurations. Source: AWS documentation, read 2026-11. */
const resourceStageLabel = "4232ccc";

/**
 * The DNS name of a resource configuration within a service network.
 * @param domain the suffix, as for `generatedDnsName`
 */
export function resourceDnsName(
  associationId: string,
  configurationId: string,
  region: string,
  domain: string,
): string {
  return `${associationId}.${configurationId}.${resourceStageLabel}.vpc-lattice-rsc.${region}.${domain}`;
}

const generatedPattern = /^[a-z0-9-]{3,40}-([0-9a-z]{17})\.[0-9a-z]{7}\.vpc-lattice-svcs\.[a-z0-9-]+\.[a-z0-9.-]+$/;

/**
 * @param host a host name in lower case, without port
 * @returns the id of the service that a generated DNS name carries, or undefined for any other name; the caller still
 * has to compare the whole name with the service's own
 */
export function serviceIdOfGeneratedName(host: string): string | undefined {
  return host.length > 253 ? undefined : serviceIds.of(host);
}

const serviceIds = new RecentTexts((host) => {
  const suffix = generatedPattern.exec(host)?.[1];
  return suffix === undefined ? undefined : `svc-${suffix}`;
});
