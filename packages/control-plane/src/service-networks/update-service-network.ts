import type { ServiceNetwork } from "@pergola/core";
import { oneOf, required } from "../constraint.ts";
import { serviceNetworkIdentifier } from "../field-constraints.ts";
import { updated } from "../lifecycle.ts";
import { getServiceNetwork } from "../locate.ts";
import { operation } from "../operation.ts";

/** UpdateServiceNetwork: only the auth type can change. */
export const updateServiceNetwork = operation(
  { serviceNetworkIdentifier: required(serviceNetworkIdentifier), authType: required(oneOf("NONE", "AWS_IAM")) },
  async ({ serviceNetworkIdentifier: identifier, authType }, context) => {
    const { key, value } = await getServiceNetwork(context, identifier);
    const network: ServiceNetwork = { ...updated(context, value), authType };
    context.tx.put(key, network);
    context.tx.touchNetwork(network);
    return network;
  },
);
