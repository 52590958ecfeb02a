import { type ConfigStore, owners, type ServiceSnapshot, serviceIdOfGeneratedName } from "@pergola/core";

/**
 * Which server names get a certificate: generated names of services that exist, in this deployment's domain and in AWS's own
 * form, and the custom domain names of services. Any other name could fill the cache, and would be a certificate for a stranger.
 * @returns a function that takes a name in lower case
 */
export function createServedNames(store: ConfigStore): (serverName: string) => Promise<boolean> {
  return async (serverName) => {
    const serviceId = serviceIdOfGeneratedName(serverName);
    if (serviceId !== undefined) {
      const service = await store.get<ServiceSnapshot>({ owner: owners.serviceSnapshots, id: serviceId });
      if (service !== undefined && generatedNames(service.value).includes(serverName)) return true;
    }
    const { items } = await store.list(owners.domain(serverName), { limit: 1 });
    return items.length > 0;
  };
}

function generatedNames({ domainName, region }: ServiceSnapshot): string[] {
  const marker = `.vpc-lattice-svcs.${region}.`;
  const at = domainName.indexOf(marker);
  return at < 0 ? [domainName] : [domainName, `${domainName.slice(0, at + marker.length)}on.aws`];
}
