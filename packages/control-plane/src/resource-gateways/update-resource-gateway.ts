import type { ResourceGateway } from "@pergola/core";
import { required } from "../constraint.ts";
import { resourceGatewayIdentifier, securityGroupIds } from "../field-constraints.ts";
import { requireSettled, updated } from "../lifecycle.ts";
import { getResourceGateway } from "../locate.ts";
import { operation } from "../operation.ts";
import { resourceGatewayView } from "./resource-gateway-view.ts";

/** UpdateResourceGateway: replaces the security groups; without any given nothing changes. */
export const updateResourceGateway = operation(
  { resourceGatewayIdentifier: required(resourceGatewayIdentifier), securityGroupIds: securityGroupIds(0) },
  async ({ resourceGatewayIdentifier: identifier, securityGroupIds: groups }, context) => {
    const { key, value } = await getResourceGateway(context, identifier);
    requireSettled(context, "RESOURCE_GATEWAY", value);
    if (groups === undefined) return resourceGatewayView(value, context.now);
    const gateway: ResourceGateway = { ...updated(context, value, true), securityGroupIds: groups };
    context.tx.put(key, gateway);
    return { ...resourceGatewayView(gateway, context.now), status: "UPDATE_IN_PROGRESS" };
  },
);
