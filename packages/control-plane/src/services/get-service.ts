import { required } from "../constraint.ts";
import { serviceIdentifier } from "../field-constraints.ts";
import { getService as findService } from "../locate.ts";
import { query } from "../operation.ts";
import { serviceView } from "./service-view.ts";

/** GetService. */
export const getService = query({ serviceIdentifier: required(serviceIdentifier) }, async (input, context) => {
  const { value } = await findService(context, input.serviceIdentifier);
  return serviceView(value, context.now);
});
