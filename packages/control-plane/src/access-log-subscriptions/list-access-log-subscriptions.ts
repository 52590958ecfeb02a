import { type AccessLogSubscription, owners } from "@pergola/core";
import { required } from "../constraint.ts";
import { paging, policyResourceIdentifier } from "../field-constraints.ts";
import { locate } from "../locate.ts";
import { query } from "../operation.ts";
import { listPage } from "../page.ts";

/** ListAccessLogSubscriptions: of one service, network or resource configuration. */
export const listAccessLogSubscriptions = query(
  { ...paging, resourceIdentifier: required(policyResourceIdentifier) },
  async (input, context) => {
    const owner = owners.logSubscriptionsOf(locate(context, input.resourceIdentifier).id);
    return listPage<AccessLogSubscription, unknown>(context, "log-subscriptions", owner, input, (value) =>
      value.account === context.caller.account ? value : undefined,
    );
  },
);
