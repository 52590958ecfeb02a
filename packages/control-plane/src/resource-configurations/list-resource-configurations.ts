import { owners, type ResourceConfiguration } from "@pergola/core";
import {
  domainVerificationIdentifier,
  paging,
  resourceConfigurationIdentifier,
  resourceGatewayIdentifier,
} from "../field-constraints.ts";
import { locate } from "../locate.ts";
import { type OperationContext, query } from "../operation.ts";
import { type ListOutput, listPage, type PageInput } from "../page.ts";
import { listOwnAndShared } from "../sharing/list-own-and-shared.ts";
import type { ConfigurationPointer } from "./configuration-keys.ts";
import { configurationView } from "./configuration-view.ts";

const kind = "resource-configurations";

const actions = ["vpc-lattice:ListResourceConfigurations", "vpc-lattice:GetResourceConfiguration"] as const;

/** ListResourceConfigurations: the caller's own and those that others share, or those of a gateway, of a group, of a domain verification; filters add up. */
export const listResourceConfigurations = query(
  {
    ...paging,
    resourceGatewayIdentifier,
    resourceConfigurationGroupIdentifier: resourceConfigurationIdentifier,
    domainVerificationIdentifier,
  },
  async (input, context) => {
    const gatewayId = idOf(context, input.resourceGatewayIdentifier);
    const groupId = idOf(context, input.resourceConfigurationGroupIdentifier);
    const verificationId = idOf(context, input.domainVerificationIdentifier);
    const toSummary = (configuration: ResourceConfiguration): unknown => {
      if (gatewayId !== undefined && configuration.resourceGatewayId !== gatewayId) return undefined;
      if (groupId !== undefined && configuration.resourceConfigurationGroupId !== groupId) return undefined;
      if (verificationId !== undefined && configuration.domainVerificationId !== verificationId) return undefined;
      return configurationView(configuration, context.now);
    };
    // The narrowest list that has all of them. A verification's does not have the children of its groups.
    const listedBy = groupId ?? gatewayId;
    if (listedBy !== undefined) return listPointers(context, listedBy, input, toSummary);
    return listOwnAndShared<ResourceConfiguration>(context, kind, "rcfg", actions, input, toSummary);
  },
);

function listPointers(
  context: OperationContext,
  listedBy: string,
  page: PageInput,
  toSummary: (configuration: ResourceConfiguration) => unknown,
): Promise<ListOutput<unknown>> {
  const owner = owners.configurationsOf(listedBy);
  return listPage<ConfigurationPointer, unknown>(context, kind, owner, page, async ({ id, ...scope }) => {
    if (scope.account !== context.caller.account) return undefined;
    const key = { owner: owners.resourceConfigurations(scope), id };
    const configuration = await context.tx.read<ResourceConfiguration>(key);
    return configuration && toSummary(configuration);
  });
}

function idOf(context: OperationContext, identifier: string | undefined): string | undefined {
  return identifier === undefined ? undefined : locate(context, identifier).id;
}
