import { required } from "../constraint.ts";
import { resourceConfigurationIdentifier } from "../field-constraints.ts";
import { getResourceConfiguration as findConfiguration } from "../locate.ts";
import { query } from "../operation.ts";
import { configurationView, verificationStatusOf } from "./configuration-view.ts";

/** GetResourceConfiguration. */
export const getResourceConfiguration = query(
  { resourceConfigurationIdentifier: required(resourceConfigurationIdentifier) },
  async (input, context) => {
    const { value } = await findConfiguration(context, input.resourceConfigurationIdentifier);
    const domainVerificationStatus = await verificationStatusOf(context, value);
    return { ...configurationView(value, context.now), domainVerificationStatus };
  },
);
