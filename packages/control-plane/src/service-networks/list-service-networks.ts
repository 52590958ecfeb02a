import type { ServiceNetwork } from "@pergola/core";
import { paging } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { listOwnAndShared } from "../sharing/list-own-and-shared.ts";
import { serviceNetworkView } from "./service-network-view.ts";

const actions = ["vpc-lattice:ListServiceNetworks", "vpc-lattice:GetServiceNetwork"] as const;

/** ListServiceNetworks: the caller's own and those that others share, in order of id. */
export const listServiceNetworks = query(paging, (input, context) =>
  listOwnAndShared<ServiceNetwork>(context, "service-networks", "sn", actions, input, serviceNetworkView),
);
