import { required } from "../constraint.ts";
import { serviceNetworkIdentifier } from "../field-constraints.ts";
import { getServiceNetwork as findNetwork } from "../locate.ts";
import { query } from "../operation.ts";
import { serviceNetworkView } from "./service-network-view.ts";

/** GetServiceNetwork. */
export const getServiceNetwork = query(
  { serviceNetworkIdentifier: required(serviceNetworkIdentifier) },
  async (input, context) => serviceNetworkView((await findNetwork(context, input.serviceNetworkIdentifier)).value),
);
