import { owners, type ServiceNetwork } from "@pergola/core";
import { paging } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { listPage } from "../page.ts";
import { serviceNetworkView } from "./service-network-view.ts";

/** ListServiceNetworks: the caller's own, in order of id. */
export const listServiceNetworks = query(paging, (input, context) =>
  listPage<ServiceNetwork, unknown>(
    context,
    "service-networks",
    owners.serviceNetworks(context.caller),
    input,
    serviceNetworkView,
  ),
);
