import { authPolicyKey, conflict, type ServiceNetwork } from "@pergola/core";
import { deleteLogSubscriptionsOf } from "../access-log-subscriptions/delete-access-log-subscription.ts";
import { required } from "../constraint.ts";
import { serviceNetworkIdentifier } from "../field-constraints.ts";
import { getServiceNetwork } from "../locate.ts";
import { type OperationContext, operation } from "../operation.ts";
import { countGone } from "../quota.ts";
import { stopSharing } from "../sharing/stop-sharing.ts";
import { nameKey } from "../unique-name.ts";

/** DeleteServiceNetwork: refused while associated; takes its policies and log subscriptions with it. */
export const deleteServiceNetwork = operation(
  { serviceNetworkIdentifier: required(serviceNetworkIdentifier) },
  async (input, context) => {
    const { tx } = context;
    const { key, value: network } = await getServiceNetwork(context, input.serviceNetworkIdentifier);
    requireUnassociated(context, network);
    await tx.lockNetwork(network);
    await deleteLogSubscriptionsOf(context, network.id);
    tx.delete(authPolicyKey(network.id));
    await stopSharing(context, network);
    await countGone(context, "serviceNetworks");
    tx.delete(nameKey(network, "ServiceNetwork", network.name));
    tx.delete(key);
    return {};
  },
);

/** The texts are those seen from AWS, those about services and endpoints built alike. */
function requireUnassociated(
  { vpcEndpoints }: OperationContext,
  { id, vpcCount, serviceCount, resourceCount = 0 }: ServiceNetwork,
): void {
  if (vpcCount > 0) throw conflict("SERVICE_NETWORK", id, `ServiceNetwork ${id} has VPC(s) associated`);
  if (serviceCount > 0) throw conflict("SERVICE_NETWORK", id, `ServiceNetwork ${id} has service(s) associated`);
  if (resourceCount > 0) throw conflict("SERVICE_NETWORK", id, `ServiceNetwork ${id} has resource(s) associated.`);
  if (vpcEndpoints.endpointsOf(id).length > 0) {
    throw conflict("SERVICE_NETWORK", id, `ServiceNetwork ${id} has VPC endpoint(s) associated`);
  }
}
