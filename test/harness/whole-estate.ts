import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import type { VpcEndpoint } from "@pergola/core";
import { account } from "./control-plane.ts";
import { newConfiguration, newGateway, newNetwork, vpcIdentifier } from "./lattice-networked-resources.ts";
import {
  type Created,
  created,
  forwardTo,
  newListener,
  newRule,
  newService,
  newTargetGroup,
} from "./lattice-resources.ts";
import { policyOf } from "./open-service.ts";

/** One resource of every kind, related as they can be; what is free can be deleted as it is. */
export interface WholeEstate {
  readonly service: Created;
  readonly listener: Created;
  readonly rules: readonly [Created, Created];
  readonly group: Created;
  readonly freeGroup: Created;
  readonly target: { readonly id: string; readonly port: number };
  readonly network: Created;
  readonly freeNetwork: Created;
  readonly freeService: Created;
  readonly serviceAssociation: Created;
  readonly vpcAssociation: Created;
  readonly subscription: Created;
  readonly gateway: Created;
  readonly freeGateway: Created;
  readonly configuration: Created;
  readonly freeConfiguration: Created;
  readonly configurationGroup: Created;
  readonly child: Created;
  readonly resourceAssociation: Created;
  readonly endpointAssociation: Created;
  readonly verification: Created;
}

/**
 * Makes the estate.
 * @param endpoints what the control plane knows as VPC endpoints; gets one that leads to a resource configuration
 */
export async function makeWholeEstate(client: VPCLattice, endpoints: VpcEndpoint[]): Promise<WholeEstate> {
  const network = await newNetwork(client);
  return {
    network,
    freeNetwork: await newNetwork(client),
    ...(await makeService(client, network)),
    ...(await makeResources(client, network, endpoints)),
  };
}

async function makeService(client: VPCLattice, network: Created) {
  const service = await newService(client, { customDomainName: "shop.example.com", authType: "AWS_IAM" });
  const group = await newTargetGroup(client);
  const target = { id: "10.0.0.1", port: 8080 };
  await client.registerTargets({ targetGroupIdentifier: group.id, targets: [target] });
  const listener = await newListener(client, service.id, { defaultAction: forwardTo(group.id) });
  const rules = [
    await newRule(client, service.id, listener.id, { priority: 10, action: forwardTo(group.id) }),
    await newRule(client, service.id, listener.id, { priority: 20 }),
  ] as const;
  const pair = { serviceIdentifier: service.id, serviceNetworkIdentifier: network.id };
  const serviceAssociation = created(await client.createServiceNetworkServiceAssociation(pair));
  const vpcAssociation = created(
    await client.createServiceNetworkVpcAssociation({ serviceNetworkIdentifier: network.id, vpcIdentifier }),
  );
  const subscription = created(
    await client.createAccessLogSubscription({
      resourceIdentifier: service.id,
      destinationArn: "arn:aws:s3:::access-logs",
    }),
  );
  await client.putAuthPolicy({ resourceIdentifier: service.id, policy: policyOf({}) });
  await client.putResourcePolicy({ resourceArn: service.arn, policy: sharingPolicy(service.arn) });
  const freeService = await newService(client);
  const freeGroup = await newTargetGroup(client);
  return {
    ...{ service, group, freeGroup, target, listener, rules, serviceAssociation, vpcAssociation, subscription },
    freeService,
  };
}

async function makeResources(client: VPCLattice, network: Created, endpoints: VpcEndpoint[]) {
  const gateway = await newGateway(client);
  const at = { resourceGatewayIdentifier: gateway.id };
  const configuration = await newConfiguration(client, at);
  const configurationGroup = await newConfiguration(client, {
    ...at,
    type: "GROUP",
    allowAssociationToShareableServiceNetwork: true,
  });
  const child = await newConfiguration(client, {
    type: "CHILD",
    resourceConfigurationGroupIdentifier: configurationGroup.id,
    resourceConfigurationDefinition: { ipResource: { ipAddress: "10.0.0.6" } },
    portRanges: ["5432"],
  });
  const resourceAssociation = created(
    await client.createServiceNetworkResourceAssociation({
      resourceConfigurationIdentifier: configurationGroup.id,
      serviceNetworkIdentifier: network.id,
    }),
  );
  const endpoint = { id: "vpce-0123456789abcdef0", vpcId: vpcIdentifier, account, createdAt: new Date().toISOString() };
  endpoints.push({ ...endpoint, leadsTo: configuration.id });
  const { items = [] } = await client.listResourceEndpointAssociations({
    resourceConfigurationIdentifier: configuration.id,
  });
  const endpointAssociation = created(items[0] ?? {});
  const freeGateway = await newGateway(client);
  const freeConfiguration = await newConfiguration(client, at);
  const verification = created(await client.startDomainVerification({ domainName: "example.org" }));
  return {
    ...{ gateway, freeGateway, configuration, freeConfiguration, configurationGroup, child },
    ...{ resourceAssociation, endpointAssociation, verification },
  };
}

/** @returns the text of a policy by which another account may use a service */
export function sharingPolicy(serviceArn: string): string {
  const Action = ["vpc-lattice:CreateServiceNetworkServiceAssociation", "vpc-lattice:GetService"];
  const statement = { Effect: "Allow", Principal: { AWS: "999900001111" }, Action, Resource: serviceArn };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}
