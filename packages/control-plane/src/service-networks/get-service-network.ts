import { required } from "../constraint.ts";
import { serviceNetworkIdentifier } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { useServiceNetwork } from "../sharing/use-resource.ts";
import { serviceNetworkView } from "./service-network-view.ts";

/** GetServiceNetwork: also of one that another account shares. */
export const getServiceNetwork = query(
  { serviceNetworkIdentifier: required(serviceNetworkIdentifier) },
  async (input, context) => {
    const { value } = await useServiceNetwork(context, input.serviceNetworkIdentifier, "vpc-lattice:GetServiceNetwork");
    return serviceNetworkView(value);
  },
);
