import { ApiError, type Cloud, Retry } from "./cloud.ts";
import { own, ownerTags, type Tags, tagKeys, tagsOf, updateTags } from "./tags.ts";

export interface FoundNetwork {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
}

/** @returns the network of this name or id: among those listed, else among those that the cluster's VPC is associated with */
export async function findNetwork(cloud: Cloud, nameOrId: string): Promise<FoundNetwork | undefined> {
  const listed = await cloud.all("ListServiceNetworks", {});
  const found = listed.filter(({ name, id }) => name === nameOrId || id === nameOrId);
  if (found.length > 1) throw new Error(`${found.length} service networks are called ${nameOrId}`);
  const [network] = found;
  if (network !== undefined) return { id: network.id ?? "", arn: network.arn ?? "", name: network.name ?? "" };
  const associated = await cloud.all("ListServiceNetworkVpcAssociations", { vpcIdentifier: cloud.cluster.vpcId });
  const through = associated.find(
    ({ status, serviceNetworkName, serviceNetworkId }) =>
      status === "ACTIVE" && (serviceNetworkName === nameOrId || serviceNetworkId === nameOrId),
  );
  if (through === undefined) return undefined;
  const { serviceNetworkId: id = "", serviceNetworkArn: arn = "", serviceNetworkName: name = "" } = through;
  return { id, arn, name };
}

/** Makes the network that a gateway stands for, or takes the one of this name. @throws Error when it has another owner */
export async function upsertNetwork(cloud: Cloud, name: string, tags?: Tags): Promise<FoundNetwork> {
  const found = await findNetwork(cloud, name);
  if (found === undefined) {
    const made = await cloud.call("CreateServiceNetwork", { name, tags: { ...tags, ...ownerTags(cloud) } });
    return { id: made.id ?? "", arn: made.arn ?? "", name };
  }
  if (!(await own(cloud, found.arn))) throw new Error(`${name} has another owner`);
  await updateTags(cloud, found.arn, tags);
  return found;
}

/** @returns the VPC's association with the network, undefined when there is none @throws Retry while it changes */
async function findVpcAssociation(cloud: Cloud, serviceNetworkIdentifier: string) {
  const filter = { serviceNetworkIdentifier, vpcIdentifier: cloud.cluster.vpcId };
  const [association] = await cloud.all("ListServiceNetworkVpcAssociations", filter);
  if (association === undefined || association.status === "CREATE_FAILED") return undefined;
  if (association.status?.endsWith("_IN_PROGRESS")) throw new Retry(`${association.id} is ${association.status}`);
  const { id = "", arn = "" } = association;
  return { id, arn };
}

/** A VpcAssociationPolicy. @returns the association's ARN @throws Retry until it is ACTIVE */
export async function associateVpc(
  cloud: Cloud,
  networkName: string,
  securityGroupIds: string[],
  tags?: Tags,
): Promise<string> {
  const network = await findNetwork(cloud, networkName);
  if (network === undefined) throw new Error(`${networkName} not found`);
  const found = await findVpcAssociation(cloud, network.id);
  if (found === undefined) {
    const { status, arn = "" } = await cloud.call("CreateServiceNetworkVpcAssociation", {
      serviceNetworkIdentifier: network.id,
      vpcIdentifier: cloud.cluster.vpcId,
      securityGroupIds,
      tags: { ...tags, ...ownerTags(cloud) },
    });
    if (status !== "ACTIVE") throw new Retry(`${arn} is ${status}`);
    return arn;
  }
  if (network.arn.split(":")[4] !== cloud.cluster.account) return found.arn;
  if (!(await own(cloud, found.arn))) throw new Error(`${found.arn} has another owner`);
  await updateTags(cloud, found.arn, tags);
  await updateSecurityGroups(cloud, found.id, securityGroupIds);
  return found.arn;
}

async function updateSecurityGroups(cloud: Cloud, id: string, securityGroupIds: string[]): Promise<void> {
  const identifier = { serviceNetworkVpcAssociationIdentifier: id };
  const { securityGroupIds: has = [] } = await cloud.call("GetServiceNetworkVpcAssociation", identifier);
  if ([...has].sort().join() === [...securityGroupIds].sort().join()) return;
  const { status } = await cloud.call("UpdateServiceNetworkVpcAssociation", { ...identifier, securityGroupIds });
  if (status !== "ACTIVE") throw new Retry(`${id} is ${status}`);
}

/** The end of a VpcAssociationPolicy: one that is not the controller's stays. @throws Retry until it is gone */
export async function disassociateVpc(cloud: Cloud, networkName: string): Promise<void> {
  const network = await findNetwork(cloud, networkName);
  const found = network === undefined ? undefined : await findVpcAssociation(cloud, network.id);
  if (found === undefined) return;
  try {
    const owner = (await tagsOf(cloud, found.arn))[tagKeys.managedBy];
    if (owner !== ownerTags(cloud)[tagKeys.managedBy]) return;
  } catch (error) {
    if (error instanceof ApiError && error.is("AccessDeniedException")) return;
    throw error;
  }
  await cloud.call("DeleteServiceNetworkVpcAssociation", { serviceNetworkVpcAssociationIdentifier: found.id });
  throw new Retry(`${found.arn} is being deleted`);
}
