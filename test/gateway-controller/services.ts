import { ApiError, type Cloud, Retry, retryConflicts } from "./cloud.ts";
import { findNetwork } from "./networks.ts";
import { type Route, serviceName } from "./routes.ts";
import { own, ownerTags, type Tags, tagKeys, tagsOf, updateTags } from "./tags.ts";

export interface RouteService {
  readonly id: string;
  readonly arn: string;
  /** What becomes the route's address in its status. */
  readonly hostname: string;
}

export async function findService(cloud: Cloud, name: string): Promise<RouteService | undefined> {
  const found = (await cloud.all("ListServices", {})).find((service) => service.name === name);
  if (found === undefined) return undefined;
  return { id: found.id ?? "", arn: found.arn ?? "", hostname: found.dnsEntry?.domainName ?? "" };
}

/** Makes a route's service or takes the one that is there, and associates it with the route's networks. @throws Retry */
export async function upsertService(cloud: Cloud, route: Route): Promise<RouteService> {
  const found = await findService(cloud, serviceName(route));
  if (found === undefined) return createService(cloud, route);
  await takeOver(cloud, route, found.arn);
  await updateTags(cloud, found.arn, route.tags);
  if (route.certificateArn !== undefined) {
    await cloud.call("UpdateService", { serviceIdentifier: found.id, certificateArn: route.certificateArn });
  }
  await updateAssociations(cloud, route, found.id);
  return found;
}

async function createService(cloud: Cloud, route: Route): Promise<RouteService> {
  const made = await cloud.call("CreateService", {
    name: serviceName(route),
    tags: { ...route.tags, ...ownerTags(cloud), ...routeTags(route) },
    ...(route.hostname === undefined ? {} : { customDomainName: route.hostname }),
    ...(route.certificateArn === undefined ? {} : { certificateArn: route.certificateArn }),
  });
  for (const network of route.networks) await associate(cloud, made.id ?? "", network, route.tags);
  return { id: made.id ?? "", arn: made.arn ?? "", hostname: made.dnsEntry?.domainName ?? "" };
}

function routeTags({ name, namespace, kind }: Route): Tags {
  return { [tagKeys.route]: name, [tagKeys.routeNamespace]: namespace, [tagKeys.routeType]: kind };
}

/** @throws Error when the service belongs to another controller or another route */
async function takeOver(cloud: Cloud, route: Route, arn: string): Promise<void> {
  if (!(await own(cloud, arn))) {
    const owner = (await tagsOf(cloud, arn))[tagKeys.managedBy];
    if (owner !== route.takeOverFrom) throw new Error(`${arn} belongs to ${owner}`);
    await cloud.call("TagResource", { resourceArn: arn, tags: ownerTags(cloud) });
  }
  const has = await tagsOf(cloud, arn);
  const wanted = routeTags(route);
  if (has[tagKeys.route] === undefined) await cloud.call("TagResource", { resourceArn: arn, tags: wanted });
  else if (Object.entries(wanted).some(([key, value]) => has[key] !== value))
    throw new Error(`${arn} is another route's`);
}

/** @throws Retry until the association is ACTIVE, and while the service is being made */
async function associate(cloud: Cloud, serviceIdentifier: string, networkName: string, tags?: Tags): Promise<void> {
  const network = await findNetwork(cloud, networkName);
  if (network === undefined) throw new Error(`${networkName} not found`);
  try {
    const { id, status } = await cloud.call("CreateServiceNetworkServiceAssociation", {
      serviceIdentifier,
      serviceNetworkIdentifier: network.id,
      tags: { ...tags, ...ownerTags(cloud) },
    });
    if (status !== "ACTIVE") throw new Retry(`${id} is ${status}`);
  } catch (error) {
    const isComing =
      error instanceof ApiError && error.is("ConflictException") && /CREATE_IN_PROGRESS/.test(error.message);
    throw isComing ? new Retry(error.message) : error;
  }
}

async function updateAssociations(cloud: Cloud, route: Route, serviceIdentifier: string): Promise<void> {
  const associations = await cloud.all("ListServiceNetworkServiceAssociations", { serviceIdentifier });
  const names = new Set(associations.map(({ serviceNetworkName }) => serviceNetworkName));
  for (const network of route.networks) {
    if (!names.has(network)) await associate(cloud, serviceIdentifier, network, route.tags);
  }
  for (const { serviceNetworkName = "", arn = "" } of associations) {
    if (route.networks.includes(serviceNetworkName)) await updateTags(cloud, arn, route.tags);
    else if (await isManaged(cloud, arn)) await disassociate(cloud, arn);
  }
}

/** An association whose tags may not be read is another account's, and stays. */
async function isManaged(cloud: Cloud, arn: string): Promise<boolean> {
  try {
    return (await tagsOf(cloud, arn))[tagKeys.managedBy] === ownerTags(cloud)[tagKeys.managedBy];
  } catch (error) {
    if (error instanceof ApiError && error.is("AccessDeniedException")) return false;
    throw error;
  }
}

/** By ARN. @throws Retry on any conflict: the association is on its way */
export async function disassociate(cloud: Cloud, arn: string): Promise<void> {
  await retryConflicts(
    cloud.call("DeleteServiceNetworkServiceAssociation", { serviceNetworkServiceAssociationIdentifier: arn }),
  );
}

/** Deletes a route's service with all that hangs on it; one that is not the controller's stays. @throws Retry */
export async function deleteService(cloud: Cloud, route: Route): Promise<void> {
  const service = await findService(cloud, serviceName(route));
  if (service === undefined || !(await own(cloud, service.arn, true))) return;
  const serviceIdentifier = service.id;
  for (const { arn = "" } of await cloud.all("ListServiceNetworkServiceAssociations", { serviceIdentifier })) {
    await disassociate(cloud, arn);
  }
  for (const { id: listenerIdentifier } of await cloud.all("ListListeners", { serviceIdentifier })) {
    await cloud.call("DeleteListener", { serviceIdentifier, listenerIdentifier });
  }
  await retryConflicts(cloud.call("DeleteService", { serviceIdentifier }));
}
