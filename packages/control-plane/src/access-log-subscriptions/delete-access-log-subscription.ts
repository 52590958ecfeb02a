import { type AccessLogSubscription, owners } from "@pergola/core";
import { required } from "../constraint.ts";
import { accessLogSubscriptionIdentifier } from "../field-constraints.ts";
import { getLogSubscription } from "../locate.ts";
import { type OperationContext, operation } from "../operation.ts";
import { touchServiceOrNetwork } from "../service-or-network.ts";
import { destinationGuard, subscriptionKey, subscriptionOfResourceKey } from "./subscription-keys.ts";

/** DeleteAccessLogSubscription. */
export const deleteAccessLogSubscription = operation(
  { accessLogSubscriptionIdentifier: required(accessLogSubscriptionIdentifier) },
  async (input, context) => {
    const { value: subscription } = await getLogSubscription(context, input.accessLogSubscriptionIdentifier);
    removeSubscription(context, subscription);
    touchServiceOrNetwork(context, subscription, subscription.resourceId);
    return {};
  },
);

/**
 * Removes every log subscription of a resource that is being deleted; the caller touches its snapshot.
 * @param resourceId of the service, network or resource configuration
 */
export async function deleteLogSubscriptionsOf(context: OperationContext, resourceId: string): Promise<void> {
  const subscriptions = await context.tx.all<AccessLogSubscription>(owners.logSubscriptionsOf(resourceId));
  for (const subscription of subscriptions) removeSubscription(context, subscription);
}

function removeSubscription({ tx }: OperationContext, subscription: AccessLogSubscription): void {
  tx.delete(subscriptionKey(subscription));
  tx.delete(subscriptionOfResourceKey(subscription));
  tx.delete(destinationGuard(subscription));
}
