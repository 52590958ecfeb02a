import { owners, resourceArn, type ServiceNetwork } from "@pergola/core";
import { flag, oneOf, struct } from "../constraint.ts";
import { clientToken, resourceName, tags } from "../field-constraints.ts";
import { newResource } from "../lifecycle.ts";
import { operation } from "../operation.ts";
import { countNew } from "../quota.ts";
import { claimName } from "../unique-name.ts";

/** CreateServiceNetwork. Names are unique in account and region. */
export const createServiceNetwork = operation(
  {
    name: resourceName(63),
    clientToken,
    tags,
    authType: oneOf("NONE", "AWS_IAM"),
    sharingConfig: struct({ enabled: flag }),
  },
  async (input, context) => {
    const { caller, tx } = context;
    const id = context.newId("sn");
    await claimName(context, "ServiceNetwork", input.name, id);
    await countNew(
      context,
      "serviceNetworks",
      "SERVICE_NETWORK",
      async () => (await tx.all(owners.serviceNetworks(caller))).length,
    );
    // A network has no status, so it does not settle either.
    const { pending: _, settlesAt: __, ...base } = newResource(context, id, resourceArn(caller, "sn", id), input.tags);
    const network: ServiceNetwork = {
      ...base,
      name: input.name,
      authType: input.authType ?? "NONE",
      sharingConfig: { enabled: input.sharingConfig?.enabled ?? true },
      serviceCount: 0,
      vpcCount: 0,
      resourceCount: 0,
    };
    tx.create({ owner: owners.serviceNetworks(network), id }, network);
    tx.touchNetwork(network);
    return network;
  },
);
