import type { AccountReader, Answer } from "./account.ts";
import type { Json } from "./document.ts";
import { type Item, pathOf } from "./item.ts";
import type { Found } from "./read-account.ts";
import { readShared } from "./read-shared.ts";
import { mapBounded } from "./run-bounded.ts";

/** Reads all service networks with their associations, policies and log subscriptions. */
export async function readServiceNetworks(reader: AccountReader): Promise<readonly Found[]> {
  const found = await mapBounded(await reader.list("/servicenetworks"), ({ id }) => readNetwork(reader, id));
  return found.flat();
}

async function readNetwork(reader: AccountReader, id: string): Promise<readonly Found[]> {
  const { arn, name, authType, sharingConfig } = await reader.get(`/servicenetworks/${id}`);
  const path = pathOf("serviceNetworks", name);
  const sharing = (sharingConfig as { readonly enabled?: boolean } | undefined)?.enabled ?? true;
  const tags = await reader.tags(arn);
  const item: Item = { kind: "service-network", path, name, fixed: { sharing }, settable: { authType }, tags };
  const shared = await readShared(reader, path, { id, arn }, true);
  const associations = [
    ...(await readAssociations(reader, "servicenetworkserviceassociations", id, (answer) => ({
      kind: "service-association",
      path: pathOf(path, "services", String(answer.serviceName)),
      name: String(answer.serviceName),
      fixed: {},
      settable: {},
    }))),
    ...(await readAssociations(reader, "servicenetworkvpcassociations", id, (answer) => vpcItem(path, answer))),
    ...(await readAssociations(reader, "servicenetworkresourceassociations", id, (answer) => ({
      kind: "resource-association",
      path: pathOf(path, "resources", String(answer.resourceConfigurationName)),
      name: String(answer.resourceConfigurationName),
      fixed: { privateDnsEnabled: answer.privateDnsEnabled ?? false },
      settable: {},
    }))),
  ];
  const parts = associations.map(({ item: part, ...rest }) => ({ ...rest, item: { ...part, parent: path } }));
  return [{ item, reference: { id, arn } }, ...shared, ...parts];
}

type AssociationItem = Omit<Item, "tags" | "parent">;

async function readAssociations(
  reader: AccountReader,
  collection: string,
  networkId: string,
  toItem: (answer: Answer & Json) => AssociationItem,
): Promise<readonly Found[]> {
  const listed = await reader.list(`/${collection}?serviceNetworkIdentifier=${networkId}`);
  return mapBounded(listed, async ({ id, arn }) => {
    const answer = await reader.get(`/${collection}/${id}`);
    return { item: { ...toItem(answer), tags: await reader.tags(arn) }, reference: { id, arn } };
  });
}

function vpcItem(network: string, answer: Answer): AssociationItem {
  const { vpcId, privateDnsEnabled = false, dnsOptions, securityGroupIds = [] } = answer;
  const name = String(vpcId);
  const fixed = { privateDnsEnabled, dnsOptions };
  return { kind: "vpc-association", path: pathOf(network, "vpcs", name), name, fixed, settable: { securityGroupIds } };
}
