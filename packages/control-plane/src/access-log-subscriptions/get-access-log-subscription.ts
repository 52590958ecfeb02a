import { required } from "../constraint.ts";
import { accessLogSubscriptionIdentifier } from "../field-constraints.ts";
import { getLogSubscription } from "../locate.ts";
import { query } from "../operation.ts";

/** GetAccessLogSubscription. */
export const getAccessLogSubscription = query(
  { accessLogSubscriptionIdentifier: required(accessLogSubscriptionIdentifier) },
  async (input, context) => (await getLogSubscription(context, input.accessLogSubscriptionIdentifier)).value,
);
