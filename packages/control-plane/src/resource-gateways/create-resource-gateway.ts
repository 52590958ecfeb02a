import { invalidFields, owners, type ResourceGateway, resourceArn } from "@pergola/core";
import { integer, list, oneOf, required, text } from "../constraint.ts";
import { clientToken, resourceName, securityGroupIds, tags, vpcId } from "../field-constraints.ts";
import { newResource } from "../lifecycle.ts";
import { type OperationContext, operation } from "../operation.ts";
import { countNew } from "../quota.ts";
import { claimName } from "../unique-name.ts";
import { gatewaysInVpc, resourceGatewayKey } from "./gateway-keys.ts";
import { resourceGatewayView } from "./resource-gateway-view.ts";

/** Source: CreateResourceGateway, API reference and user guide, read 2026-11. */
const defaultAddressesPerEni = 16;

const subnetId = text({ min: 5, max: 200, pattern: /^subnet-(?:[0-9a-f]{8}|[0-9a-f]{17})$/, form: "a subnet id" });

/** CreateResourceGateway. Names are unique in account and region; only the security groups can change later. */
export const createResourceGateway = operation(
  {
    name: resourceName(40, "rgw-"),
    // The model leaves both open, for the gateways that AWS's services make for themselves.
    vpcIdentifier: required(vpcId),
    subnetIds: required(list(subnetId, 1, 100)),
    securityGroupIds: securityGroupIds(0),
    ipAddressType: oneOf("IPV4", "IPV6", "DUALSTACK"),
    ipv4AddressesPerEni: integer(1, 62),
    resourceConfigDnsResolution: oneOf("IN_VPC", "PUBLIC"),
    clientToken,
    tags,
  },
  async (input, context) => {
    const { ipAddressType = "IPV4", ipv4AddressesPerEni: perEni } = input;
    if (ipAddressType === "IPV6" && perEni !== undefined) {
      throw invalidFields([{ name: "ipv4AddressesPerEni", message: "is not allowed with the ipAddressType IPV6" }]);
    }
    const id = context.newId("rgw");
    await claimName(context, "ResourceGateway", input.name, id);
    await countInVpc(context, input.vpcIdentifier);
    const gateway: ResourceGateway = {
      ...newResource(context, id, resourceArn(context.caller, "rgw", id), input.tags),
      name: input.name,
      vpcId: input.vpcIdentifier,
      subnetIds: input.subnetIds,
      securityGroupIds: input.securityGroupIds ?? [],
      ipAddressType,
      ...(ipAddressType === "IPV6" ? {} : { ipv4AddressesPerEni: perEni ?? defaultAddressesPerEni }),
      resourceConfigDnsResolution: input.resourceConfigDnsResolution ?? "PUBLIC",
    };
    context.tx.create(resourceGatewayKey(gateway), gateway);
    return { ...resourceGatewayView(gateway, context.now), status: "CREATE_IN_PROGRESS" };
  },
);

async function countInVpc(context: OperationContext, vpc: string): Promise<void> {
  const existing = async (): Promise<number> => {
    const gateways = await context.tx.all<ResourceGateway>(owners.resourceGateways(context.caller));
    return gateways.filter((gateway) => gateway.vpcId === vpc).length;
  };
  await countNew(context, gatewaysInVpc, "RESOURCE_GATEWAY", existing, vpc);
}
