import { type ConfigStore, owners, type ServiceSnapshot, serviceIdOfGeneratedName } from "@pergola/core";

/**
 * Which server names get a certificate: generated names of services that exist, in this deployment's domain and in AWS's own
 * form, and the custom domain names of services. Any other name could fill the cache, and would be a certificate for a stranger.
 * @returns a function that takes a name in lower case
 */
export function createServedNames(store: ConfigStore): (serverName: string) => Promise<boolean> {
  return async (serverName) => {
    if ((await serviceOfGeneratedName(store, serverName)) !== undefined) return true;
    const { items } = await store.list(owners.domain(serverName), { limit: 1 });
    return items.length > 0;
  };
}

/** @returns the service that has this generated name, in the deployment's domain or in AWS's own form */
export async function serviceOfGeneratedName(
  store: Pick<ConfigStore, "get">,
  serverName: string,
): Promise<ServiceSnapshot | undefined> {
  const id = serviceIdOfGeneratedName(serverName);
  if (id === undefined) return undefined;
  const service = await store.get<ServiceSnapshot>({ owner: owners.serviceSnapshots, id });
  return service !== undefined && generatedNames(service.value).includes(serverName) ? service.value : undefined;
}

function generatedNames({ domainName, region }: ServiceSnapshot): string[] {
  const marker = `.vpc-lattice-svcs.${region}.`;
  const at = domainName.indexOf(marker);
  return at < 0 ? [domainName] : [domainName, `${domainName.slice(0, at + marker.length)}on.aws`];
}
