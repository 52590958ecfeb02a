import { type AccessLogSubscription, conflict, invalidFields, logDestinationKind, resourceArn } from "@pergola/core";
import { oneOf, required } from "../constraint.ts";
import { clientToken, policyResourceIdentifier, tags } from "../field-constraints.ts";
import { newResource } from "../lifecycle.ts";
import { type OperationContext, operation } from "../operation.ts";
import { getLoggedResource, type LoggedResource, touchServiceOrNetwork } from "../service-or-network.ts";
import { destinationArn } from "./log-destination.ts";
import { destinationGuard, subscriptionKey, subscriptionOfResourceKey } from "./subscription-keys.ts";

/** CreateAccessLogSubscription: one for each kind of destination of a service, network or resource configuration. */
export const createAccessLogSubscription = operation(
  {
    resourceIdentifier: required(policyResourceIdentifier),
    destinationArn: required(destinationArn),
    serviceNetworkLogType: oneOf("SERVICE", "RESOURCE"),
    clientToken,
    tags,
  },
  async (input, context) => {
    const { caller, tx } = context;
    const resource = await getLoggedResource(context, input.resourceIdentifier);
    const id = context.newId("als");
    const { pending: _, settlesAt: __, ...base } = newResource(context, id, resourceArn(caller, "als", id), input.tags);
    const subscription: AccessLogSubscription = {
      ...base,
      resourceId: resource.value.id,
      resourceArn: resource.value.arn,
      destinationArn: input.destinationArn,
      ...logTypeOf(resource, input.serviceNetworkLogType),
    };
    await requireDestinationFree(context, subscription);
    tx.create(destinationGuard(subscription), { id });
    tx.create(subscriptionKey(subscription), subscription);
    tx.create(subscriptionOfResourceKey(subscription), subscription);
    touchServiceOrNetwork(context, subscription, subscription.resourceId);
    return subscription;
  },
);

function logTypeOf(
  { kind }: LoggedResource,
  given: "SERVICE" | "RESOURCE" | undefined,
): Pick<AccessLogSubscription, "serviceNetworkLogType"> {
  if (kind === "service-network") return { serviceNetworkLogType: given ?? "SERVICE" };
  if (given === undefined) return {};
  throw invalidFields([{ name: "serviceNetworkLogType", message: "is allowed for service networks only" }]);
}

async function requireDestinationFree({ tx }: OperationContext, subscription: AccessLogSubscription): Promise<void> {
  const holder = await tx.get<{ id: string }>(destinationGuard(subscription));
  if (holder === undefined) return;
  const { resourceId, destinationArn: arn } = subscription;
  throw conflict(
    "ACCESS_LOG_SUBSCRIPTION",
    holder.id,
    `a subscription of ${resourceId} to a destination of kind ${logDestinationKind(arn)} already exists: ${holder.id}`,
  );
}
