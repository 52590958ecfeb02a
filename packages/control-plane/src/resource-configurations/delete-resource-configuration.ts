import { conflict, endpointAssociationsKey, owners, type ResourceConfiguration } from "@pergola/core";
import { deleteLogSubscriptionsOf } from "../access-log-subscriptions/delete-access-log-subscription.ts";
import { required } from "../constraint.ts";
import { resourceConfigurationIdentifier } from "../field-constraints.ts";
import { requireSettled } from "../lifecycle.ts";
import { getResourceConfiguration } from "../locate.ts";
import { type OperationContext, operation } from "../operation.ts";
import { countGone } from "../quota.ts";
import { endpointAssociationsOf } from "../resource-endpoint-associations/endpoint-association.ts";
import { dissociateChild } from "../service-network-resource-associations/child-associations.ts";
import { stopSharing } from "../sharing/stop-sharing.ts";
import { nameKey } from "../unique-name.ts";
import { configurationKeys, groupKeyOf } from "./configuration-keys.ts";

/**
 * DeleteResourceConfiguration: refused while associated, and for a group with children. A child leaves the networks that its group
 * is in; log subscriptions and resource policy go with it.
 */
export const deleteResourceConfiguration = operation(
  { resourceConfigurationIdentifier: required(resourceConfigurationIdentifier) },
  async (input, context) => {
    const { tx } = context;
    const { value: configuration } = await getResourceConfiguration(context, input.resourceConfigurationIdentifier);
    const { id, name } = configuration;
    requireSettled(context, "RESOURCE_CONFIGURATION", configuration);
    await requireUnused(context, configuration);
    await leaveGroup(context, configuration);
    await deleteLogSubscriptionsOf(context, id);
    await stopSharing(context, configuration);
    tx.delete(endpointAssociationsKey(id));
    await countGone(context, "resourceConfigurations");
    tx.delete(nameKey(configuration, "ResourceConfiguration", name));
    for (const key of Object.values(configurationKeys(configuration))) tx.delete(key);
    return {};
  },
);

/** Whoever adds an association or a child rewrites the configuration: one that comes after this makes the deletion start again. */
async function requireUnused(context: OperationContext, configuration: ResourceConfiguration): Promise<void> {
  const { tx } = context;
  const { id, type } = configuration;
  const refuse = (what: string): Error =>
    conflict("RESOURCE_CONFIGURATION", id, `ResourceConfiguration ${id} has ${what}; delete them first`);
  const associations = await tx.page(owners.associationsOf(id), { limit: 1 });
  if (associations.items.length > 0) throw refuse("service network association(s)");
  if (type === "GROUP") {
    const children = await tx.page(owners.configurationsOf(id), { limit: 1 });
    if (children.items.length > 0) throw refuse("child resource configuration(s)");
  }
  const endpoints = await endpointAssociationsOf(context, configuration);
  if (endpoints.length > 0) throw refuse("VPC endpoint association(s)");
}

async function leaveGroup(context: OperationContext, child: ResourceConfiguration): Promise<void> {
  const { resourceConfigurationGroupId: groupId } = child;
  if (groupId === undefined) return;
  const key = groupKeyOf(child, groupId);
  const group = await context.tx.get<ResourceConfiguration>(key);
  if (group === undefined) throw new Error(`resource configuration ${child.id} has lost its group ${groupId}`);
  context.tx.put(key, group);
  await dissociateChild(context, group, child);
}
