import { conflict, owners } from "@pergola/core";
import { required } from "../constraint.ts";
import { resourceGatewayIdentifier } from "../field-constraints.ts";
import { requireSettled } from "../lifecycle.ts";
import { getResourceGateway } from "../locate.ts";
import { operation } from "../operation.ts";
import { countGone } from "../quota.ts";
import { nameKey } from "../unique-name.ts";
import { gatewaysInVpc } from "./gateway-keys.ts";

/** DeleteResourceGateway: refused while a resource configuration uses it. */
export const deleteResourceGateway = operation(
  { resourceGatewayIdentifier: required(resourceGatewayIdentifier) },
  async (input, context) => {
    const { tx } = context;
    const { key, value: gateway } = await getResourceGateway(context, input.resourceGatewayIdentifier);
    const { id, arn, name, vpcId } = gateway;
    requireSettled(context, "RESOURCE_GATEWAY", gateway);
    // CreateResourceConfiguration rewrites the gateway, so one that comes after this listing makes the deletion start again.
    const { items } = await tx.page(owners.configurationsOf(id), { limit: 1 });
    if (items.length > 0) {
      throw conflict("RESOURCE_GATEWAY", id, `ResourceGateway ${id} has resource configuration(s); delete them first`);
    }
    await countGone(context, gatewaysInVpc, vpcId);
    tx.delete(nameKey(gateway, "ResourceGateway", name));
    tx.delete(key);
    return { id, arn, name, status: "DELETE_IN_PROGRESS" };
  },
);
