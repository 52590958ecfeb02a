import { type AccessLogSubscription, owners } from "@pergola/core";
import { required } from "../constraint.ts";
import { paging, policyResourceIdentifier } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { listPage } from "../page.ts";
import { serviceOrNetworkId } from "../service-or-network.ts";

/** ListAccessLogSubscriptions: of one service or network. */
export const listAccessLogSubscriptions = query(
  { ...paging, resourceIdentifier: required(policyResourceIdentifier) },
  async (input, context) => {
    const owner = owners.logSubscriptionsOf(serviceOrNetworkId(context, input.resourceIdentifier));
    return listPage<AccessLogSubscription, unknown>(context, "log-subscriptions", owner, input, (value) => value);
  },
);
