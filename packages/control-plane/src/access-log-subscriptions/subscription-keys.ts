import { type AccessLogSubscription, type Key, logDestinationKind, owners } from "@pergola/core";

/** Where a subscription is found by its own id. */
export function subscriptionKey({ account, region, id }: AccessLogSubscription): Key {
  return { owner: owners.logSubscriptions({ account, region }), id };
}

/** Where a subscription is found by what it logs: a second copy, from which snapshots are compiled. */
export function subscriptionOfResourceKey({ resourceId, id }: AccessLogSubscription): Key {
  return { owner: owners.logSubscriptionsOf(resourceId), id };
}

/**
 * The item that only one subscription of each destination kind can hold. On a network, access logs and resource access logs
 * are counted apart.
 */
export function destinationGuard(
  subscription: Pick<
    AccessLogSubscription,
    "account" | "region" | "resourceId" | "destinationArn" | "serviceNetworkLogType"
  >,
): Key {
  const { resourceId, destinationArn, serviceNetworkLogType = "SERVICE", ...scope } = subscription;
  const owner = owners.names({ account: scope.account, region: scope.region }, `log-destinations/${resourceId}`);
  return { owner, id: `${logDestinationKind(destinationArn)}/${serviceNetworkLogType}` };
}
