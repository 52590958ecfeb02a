import type {
  CreateResourceConfigurationCommandInput,
  CreateResourceGatewayCommandInput,
  CreateServiceNetworkCommandInput,
  VPCLattice,
} from "@aws-sdk/client-vpc-lattice";
import { type Created, created, freshName } from "./lattice-resources.ts";

export const vpcIdentifier = "vpc-0123456789abcdef0";
export const subnetIds = ["subnet-0123456789abcdef0"];

/** @returns a resource gateway; IPv4 with public name resolution unless told otherwise */
export async function newGateway(
  client: VPCLattice,
  input: Partial<CreateResourceGatewayCommandInput> = {},
): Promise<Created> {
  return created(
    await client.createResourceGateway({ name: freshName("gateway"), vpcIdentifier, subnetIds, ...input }),
  );
}

/** @returns a resource configuration; a single IP address that any network may have unless told otherwise */
export async function newConfiguration(
  client: VPCLattice,
  input: Partial<CreateResourceConfigurationCommandInput>,
): Promise<Created> {
  const single = {
    type: "SINGLE",
    resourceConfigurationDefinition: { ipResource: { ipAddress: "10.0.0.5" } },
    portRanges: ["443"],
    allowAssociationToShareableServiceNetwork: true,
  } as const;
  const defaults = input.type === undefined ? single : {};
  return created(
    await client.createResourceConfiguration({
      name: freshName("resource"),
      ...defaults,
      ...input,
    } as CreateResourceConfigurationCommandInput),
  );
}

/** @returns a group, and what a child of it takes beside a name */
export async function newGroup(
  client: VPCLattice,
  resourceGatewayIdentifier: string,
  input: Partial<CreateResourceConfigurationCommandInput> = {},
): Promise<{
  readonly group: Created;
  readonly child: (input?: Partial<CreateResourceConfigurationCommandInput>) => Promise<Created>;
}> {
  const allowAssociationToShareableServiceNetwork = true;
  const group = await newConfiguration(client, {
    type: "GROUP",
    resourceGatewayIdentifier,
    allowAssociationToShareableServiceNetwork,
    ...input,
  });
  const child = (more: Partial<CreateResourceConfigurationCommandInput> = {}): Promise<Created> =>
    newConfiguration(client, {
      type: "CHILD",
      resourceConfigurationGroupIdentifier: group.id,
      resourceConfigurationDefinition: { dnsResource: { domainName: "db.internal", ipAddressType: "IPV4" } },
      portRanges: ["5432"],
      ...more,
    });
  return { group, child };
}

export async function newNetwork(
  client: VPCLattice,
  input: Partial<CreateServiceNetworkCommandInput> = {},
): Promise<Created> {
  return created(await client.createServiceNetwork({ name: freshName("network"), ...input }));
}

/** Associates a resource configuration with a network. */
export async function associateResource(
  client: VPCLattice,
  serviceNetworkIdentifier: string,
  resourceConfigurationIdentifier: string,
): Promise<Created> {
  const input = { serviceNetworkIdentifier, resourceConfigurationIdentifier };
  return created(await client.createServiceNetworkResourceAssociation(input));
}
