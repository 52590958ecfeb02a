import { required } from "../constraint.ts";
import { resourceGatewayIdentifier } from "../field-constraints.ts";
import { getResourceGateway as findGateway } from "../locate.ts";
import { query } from "../operation.ts";
import { resourceGatewayView } from "./resource-gateway-view.ts";

/** GetResourceGateway. */
export const getResourceGateway = query(
  { resourceGatewayIdentifier: required(resourceGatewayIdentifier) },
  async (input, context) =>
    resourceGatewayView((await findGateway(context, input.resourceGatewayIdentifier)).value, context.now),
);
