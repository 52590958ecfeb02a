import { createHash } from "node:crypto";
import type { VpcEndpoint } from "@pergola/core";
import { required } from "../constraint.ts";
import { paging, serviceNetworkIdentifier } from "../field-constraints.ts";
import { getServiceNetwork } from "../locate.ts";
import { query } from "../operation.ts";
import { pageOf } from "../page.ts";

/** ListServiceNetworkVpcEndpointAssociations: the VPC endpoints that lead to a network; EC2 makes and deletes them. */
export const listServiceNetworkVpcEndpointAssociations = query(
  { ...paging, serviceNetworkIdentifier: required(serviceNetworkIdentifier) },
  async (input, context) => {
    const { value: network } = await getServiceNetwork(context, input.serviceNetworkIdentifier);
    const associations = context.vpcEndpoints.endpointsOf(network.id).map((endpoint) => ({
      id: associationId(endpoint),
      vpcEndpointId: endpoint.id,
      vpcId: endpoint.vpcId,
      vpcEndpointOwnerId: endpoint.account,
      state: "ACTIVE",
      serviceNetworkArn: network.arn,
      createdAt: endpoint.createdAt,
    }));
    return pageOf("vpc-endpoint-associations", associations, input);
  },
);

/** The form that EC2 gives to associations of endpoints. Source: public sample outputs, read 2026-11. */
function associationId({ id, leadsTo }: VpcEndpoint): string {
  const digest = createHash("sha256").update(`${id} ${leadsTo}`).digest("hex");
  return `vpce-rsc-asc-0${digest.slice(0, 16)}`;
}
