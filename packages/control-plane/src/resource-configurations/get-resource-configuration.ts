import { required } from "../constraint.ts";
import { resourceConfigurationIdentifier } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { useResourceConfiguration } from "../sharing/use-resource.ts";
import { configurationView, verificationStatusOf } from "./configuration-view.ts";

/** GetResourceConfiguration: also of one that another account shares. */
export const getResourceConfiguration = query(
  { resourceConfigurationIdentifier: required(resourceConfigurationIdentifier) },
  async (input, context) => {
    const { value } = await useResourceConfiguration(
      context,
      input.resourceConfigurationIdentifier,
      "vpc-lattice:GetResourceConfiguration",
    );
    const domainVerificationStatus = await verificationStatusOf(context, value);
    return { ...configurationView(value, context.now), domainVerificationStatus };
  },
);
