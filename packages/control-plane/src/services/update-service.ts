import type { Service } from "@pergola/core";
import { oneOf, required } from "../constraint.ts";
import { serviceIdentifier } from "../field-constraints.ts";
import { updated } from "../lifecycle.ts";
import { getService } from "../locate.ts";
import { operation } from "../operation.ts";
import { certificateArn, idleTimeoutSeconds } from "./service-members.ts";

/** UpdateService: members left out keep their value; none at all changes nothing. */
export const updateService = operation(
  {
    serviceIdentifier: required(serviceIdentifier),
    certificateArn,
    authType: oneOf("NONE", "AWS_IAM"),
    idleTimeoutSeconds,
  },
  async ({ serviceIdentifier: identifier, ...changes }, context) => {
    const { key, value } = await getService(context, identifier);
    const service: Service = { ...updated(context, value), ...changes };
    context.tx.put(key, service);
    context.tx.touchService(service);
    return service;
  },
);
