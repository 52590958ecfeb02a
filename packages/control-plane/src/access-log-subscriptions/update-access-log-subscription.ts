import { type AccessLogSubscription, conflict, logDestinationKind } from "@pergola/core";
import { required } from "../constraint.ts";
import { accessLogSubscriptionIdentifier } from "../field-constraints.ts";
import { updated } from "../lifecycle.ts";
import { getLogSubscription } from "../locate.ts";
import { operation } from "../operation.ts";
import { touchServiceOrNetwork } from "../service-or-network.ts";
import { destinationArn } from "./log-destination.ts";
import { subscriptionOfResourceKey } from "./subscription-keys.ts";

/** UpdateAccessLogSubscription: another destination of the same kind. */
export const updateAccessLogSubscription = operation(
  {
    accessLogSubscriptionIdentifier: required(accessLogSubscriptionIdentifier),
    destinationArn: required(destinationArn),
  },
  async (input, context) => {
    const { key, value } = await getLogSubscription(context, input.accessLogSubscriptionIdentifier);
    const [from, to] = [logDestinationKind(value.destinationArn), logDestinationKind(input.destinationArn)];
    if (from !== to) {
      throw conflict(
        "ACCESS_LOG_SUBSCRIPTION",
        value.id,
        `${value.id} logs to a destination of kind ${from}; for kind ${to} create another subscription`,
      );
    }
    const subscription: AccessLogSubscription = {
      ...updated(context, value),
      destinationArn: input.destinationArn,
    };
    context.tx.put(key, subscription);
    context.tx.put(subscriptionOfResourceKey(subscription), subscription);
    touchServiceOrNetwork(context, subscription, subscription.resourceId);
    return subscription;
  },
);
