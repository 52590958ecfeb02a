import {
  CreateServiceNetworkCommand,
  CreateServiceNetworkServiceAssociationCommand,
  CreateServiceNetworkVpcAssociationCommand,
  GetServiceNetworkServiceAssociationCommand,
  GetServiceNetworkVpcAssociationCommand,
  paginateListServiceNetworkServiceAssociations,
  paginateListServiceNetworks,
  paginateListServiceNetworkVpcAssociations,
  type VPCLatticeClient,
} from "@aws-sdk/client-vpc-lattice";
import type { DemoOptions } from "./set-up-demo.ts";
import { logTo } from "./set-up-service.ts";
import { findInPages, sent, step, untilActive } from "./step.ts";

interface Options extends DemoOptions {
  readonly vpcIds: readonly string[];
  readonly serviceId: string;
  readonly logBucketArn: string;
}

/** Makes the service network with the service, the VPCs and the access log. */
export async function setUpNetwork(client: VPCLatticeClient, options: Options) {
  const name = "my-network";
  const { id, arn } = await step(options.onStep, {
    title: "service network my-network",
    operation: "CreateServiceNetwork",
    input: { name },
    find: () =>
      findInPages(
        paginateListServiceNetworks({ client }, {}),
        ({ items }) => items,
        (network) => network.name === name,
      ),
    make: (input) => client.send(new CreateServiceNetworkCommand(input)),
  });
  const networkId = sent(id, "id");
  await associateService(client, options, networkId);
  for (const vpcId of options.vpcIds) await associateVpc(client, options, networkId, vpcId);
  await logTo(client, options, networkId, options.logBucketArn);
  return { networkId, networkArn: sent(arn, "arn") };
}

async function associateService(client: VPCLatticeClient, { onStep, serviceId }: Options, networkId: string) {
  const input = { serviceNetworkIdentifier: networkId, serviceIdentifier: serviceId };
  const { id } = await step<typeof input, { id?: string | undefined }>(onStep, {
    title: "my-service in my-network",
    operation: "CreateServiceNetworkServiceAssociation",
    input,
    find: () =>
      findInPages(
        paginateListServiceNetworkServiceAssociations({ client }, input),
        ({ items }) => items,
        () => true,
      ),
    make: (wanted) => client.send(new CreateServiceNetworkServiceAssociationCommand(wanted)),
  });
  const serviceNetworkServiceAssociationIdentifier = sent(id, "id");
  await untilActive("the association of my-service", async () => {
    const command = new GetServiceNetworkServiceAssociationCommand({ serviceNetworkServiceAssociationIdentifier });
    return (await client.send(command)).status;
  });
}

async function associateVpc(client: VPCLatticeClient, { onStep }: Options, networkId: string, vpcId: string) {
  const input = { serviceNetworkIdentifier: networkId, vpcIdentifier: vpcId };
  const { id } = await step<typeof input, { id?: string | undefined }>(onStep, {
    title: `${vpcId} in my-network`,
    operation: "CreateServiceNetworkVpcAssociation",
    input,
    find: () =>
      findInPages(
        paginateListServiceNetworkVpcAssociations({ client }, input),
        ({ items }) => items,
        () => true,
      ),
    make: (wanted) => client.send(new CreateServiceNetworkVpcAssociationCommand(wanted)),
  });
  const serviceNetworkVpcAssociationIdentifier = sent(id, "id");
  await untilActive(`the association of ${vpcId}`, async () => {
    const command = new GetServiceNetworkVpcAssociationCommand({ serviceNetworkVpcAssociationIdentifier });
    return (await client.send(command)).status;
  });
}
