import { authPolicyKey, conflict, type ServiceNetwork } from "@pergola/core";
import { deleteLogSubscriptionsOf } from "../access-log-subscriptions/delete-access-log-subscription.ts";
import { required } from "../constraint.ts";
import { serviceNetworkIdentifier } from "../field-constraints.ts";
import { getServiceNetwork } from "../locate.ts";
import { operation } from "../operation.ts";
import { nameKey } from "../unique-name.ts";

/** DeleteServiceNetwork: refused while associated; takes the auth policy and the log subscriptions with it. */
export const deleteServiceNetwork = operation(
  { serviceNetworkIdentifier: required(serviceNetworkIdentifier) },
  async (input, context) => {
    const { tx } = context;
    const { key, value: network } = await getServiceNetwork(context, input.serviceNetworkIdentifier);
    requireUnassociated(network);
    await tx.lockNetwork(network);
    await deleteLogSubscriptionsOf(context, network.id);
    tx.delete(authPolicyKey(network.id));
    tx.delete(nameKey(network, "ServiceNetwork", network.name));
    tx.delete(key);
    return {};
  },
);

/** The texts are those seen from AWS, the one about services built alike. */
function requireUnassociated({ id, vpcCount, serviceCount }: ServiceNetwork): void {
  if (vpcCount > 0) throw conflict("SERVICE_NETWORK", id, `ServiceNetwork ${id} has VPC(s) associated`);
  if (serviceCount > 0) throw conflict("SERVICE_NETWORK", id, `ServiceNetwork ${id} has service(s) associated`);
}
