import { owners, type ResourceGateway } from "@pergola/core";
import { paging } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { listPage } from "../page.ts";
import { resourceGatewayView } from "./resource-gateway-view.ts";

/** ListResourceGateways: the caller's own, in order of id. */
export const listResourceGateways = query(paging, (input, context) =>
  listPage<ResourceGateway, unknown>(
    context,
    "resource-gateways",
    owners.resourceGateways(context.caller),
    input,
    (gateway) => resourceGatewayView(gateway, context.now),
  ),
);
