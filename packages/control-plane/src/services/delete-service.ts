import { authPolicyKey, conflict, type Listener, owners } from "@pergola/core";
import { deleteLogSubscriptionsOf } from "../access-log-subscriptions/delete-access-log-subscription.ts";
import { required } from "../constraint.ts";
import { serviceIdentifier } from "../field-constraints.ts";
import { removeListener } from "../listeners/delete-listener.ts";
import { getService } from "../locate.ts";
import { operation } from "../operation.ts";
import { countGone } from "../quota.ts";
import { stopSharing } from "../sharing/stop-sharing.ts";
import { nameKey } from "../unique-name.ts";
import { domainKey } from "./service-members.ts";

/** DeleteService: refused while associated; takes listeners, rules, policies and log subscriptions with it, target groups stay. */
export const deleteService = operation({ serviceIdentifier: required(serviceIdentifier) }, async (input, context) => {
  const { tx } = context;
  const { key, value: service } = await getService(context, input.serviceIdentifier);
  await tx.lockService(service);
  const [association] = await tx.all(owners.associationsOf(service.id));
  if (association !== undefined) {
    throw conflict(
      "SERVICE",
      service.id,
      `Service ${service.id} has service network association(s); delete them first`,
    );
  }
  await stopSharing(context, service);
  const answer = { id: service.id, arn: service.arn, name: service.name, status: "DELETE_IN_PROGRESS" };
  for (const listener of await tx.all<Listener>(owners.listeners(service.id))) {
    await removeListener(context, listener);
    if (tx.unfinished) return answer;
  }
  await deleteLogSubscriptionsOf(context, service.id);
  tx.delete(authPolicyKey(service.id));
  await countGone(context, "services");
  tx.delete(nameKey(service, "Service", service.name));
  if (service.customDomainName !== undefined) tx.delete(domainKey(service.customDomainName, service.id));
  tx.delete(key);
  return answer;
});
