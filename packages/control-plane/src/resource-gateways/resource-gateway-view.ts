import { type ResourceGateway, statusAt } from "@pergola/core";

/**
 * @returns the gateway as the operations show it; the protocol leaves out what an operation's output does not have. Create and List
 * call the VPC `vpcIdentifier`, Get and Update `vpcId`
 */
export function resourceGatewayView(gateway: ResourceGateway, now: Date): Record<string, unknown> {
  return { ...gateway, vpcIdentifier: gateway.vpcId, serviceManaged: false, status: statusAt(gateway, now) };
}
