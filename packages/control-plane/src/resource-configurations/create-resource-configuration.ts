import { invalidFields, owners, type ResourceConfiguration, resourceArn } from "@pergola/core";
import { flag, oneOf, required } from "../constraint.ts";
import {
  clientToken,
  domainName,
  domainVerificationIdentifier,
  resourceConfigurationIdentifier,
  resourceGatewayIdentifier,
  resourceName,
  tags,
} from "../field-constraints.ts";
import { newResource } from "../lifecycle.ts";
import { type OperationContext, operation } from "../operation.ts";
import { countNew } from "../quota.ts";
import { associateChild } from "../service-network-resource-associations/child-associations.ts";
import { claimName } from "../unique-name.ts";
import { type ConfigurationPointer, configurationKeys, groupKeyOf } from "./configuration-keys.ts";
import { configurationView } from "./configuration-view.ts";
import { definitionMembers } from "./definition.ts";
import { type NewConfiguration, resolveMembers } from "./new-configuration.ts";
import { portRanges } from "./port-ranges.ts";
import { typeFaults } from "./type-rules.ts";

/**
 * CreateResourceConfiguration. Names are unique in account and region. A child is part of its group from the answer on, in every
 * network that the group is in.
 */
export const createResourceConfiguration = operation(
  {
    name: resourceName(40, "rcfg-"),
    type: required(oneOf("SINGLE", "GROUP", "CHILD", "ARN", "CIDR")),
    portRanges,
    protocol: oneOf("TCP", "TCP_UDP"),
    resourceGatewayIdentifier,
    resourceConfigurationGroupIdentifier: resourceConfigurationIdentifier,
    resourceConfigurationDefinition: definitionMembers,
    allowAssociationToShareableServiceNetwork: flag,
    customDomainName: domainName,
    groupDomain: domainName,
    domainVerificationIdentifier,
    clientToken,
    tags,
  },
  async (input, context) => {
    const { caller, tx } = context;
    const faults = typeFaults(input);
    if (faults.length > 0) throw invalidFields(faults);
    const resolved = await resolveMembers(context, input);
    const id = context.newId("rcfg");
    await claimName(context, "ResourceConfiguration", input.name, id);
    await countNew(
      context,
      "resourceConfigurations",
      "RESOURCE_CONFIGURATION",
      async () => (await tx.all(owners.resourceConfigurations(caller))).length,
    );
    const configuration: ResourceConfiguration = {
      ...newResource(context, id, resourceArn(caller, "rcfg", id), input.tags),
      name: input.name,
      type: input.type,
      ...resolved.members,
    };
    await write(context, configuration, resolved);
    return { ...configurationView(configuration, context.now), status: "CREATE_IN_PROGRESS" };
  },
);

async function write(
  context: OperationContext,
  configuration: ResourceConfiguration,
  { gateway, group }: NewConfiguration,
): Promise<void> {
  const { tx } = context;
  const { id, account, region } = configuration;
  const { self, ...pointers } = configurationKeys(configuration);
  tx.create(self, configuration);
  for (const key of Object.values(pointers)) tx.create(key, { id, account, region } satisfies ConfigurationPointer);
  // Rewritten so that their versions move: a racing deletion of either, or another child that is counted too, starts again.
  tx.put({ owner: owners.resourceGateways({ account, region }), id: gateway.id }, gateway);
  if (group === undefined) return;
  tx.put(groupKeyOf(configuration, group.id), group);
  await associateChild(context, group, configuration);
}
