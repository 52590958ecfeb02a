import { required } from "../constraint.ts";
import { serviceIdentifier } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { useService } from "../sharing/use-resource.ts";
import { serviceView } from "./service-view.ts";

/** GetService: also of one that another account shares. */
export const getService = query({ serviceIdentifier: required(serviceIdentifier) }, async (input, context) => {
  const { value } = await useService(context, input.serviceIdentifier, "vpc-lattice:GetService");
  return serviceView(value, context.now);
});
