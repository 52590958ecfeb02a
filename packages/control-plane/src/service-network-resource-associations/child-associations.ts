import {
  childAssociationId,
  type Key,
  owners,
  type ResourceConfiguration,
  type ServiceNetworkResourceAssociation,
} from "@pergola/core";
import type { AssociationPointer } from "../compile-snapshot.ts";
import type { OperationContext } from "../operation.ts";
import type { ConfigurationPointer } from "../resource-configurations/configuration-keys.ts";
import { createPartner, partnerKey } from "../sharing/association-sides.ts";
import { newAssociation } from "./new-association.ts";

/**
 * A group's children are associated with every network that the group is in. Each of these associations is an item of its own, with an
 * id that follows from the group's association and the child, so that nothing else has to say which there are.
 *
 * INVARIANT: whoever adds or removes a child or an association of a group rewrites the group, so that two such requests cannot miss
 * each other.
 */

/** Associates a new child with the networks that its group is in. */
export async function associateChild(
  context: OperationContext,
  group: ResourceConfiguration,
  child: ResourceConfiguration,
): Promise<void> {
  const { tx, settings, now } = context;
  for (const { key, association } of await associationsOf(context, group)) {
    createChild(context, association, child);
    if (settings.settleMs === 0) continue;
    const partialUntil = new Date(now.getTime() + settings.settleMs).toISOString();
    tx.put(key, { ...association, partialUntil });
  }
}

/** Removes a child that is being deleted from the networks that its group is in. */
export async function dissociateChild(
  context: OperationContext,
  group: ResourceConfiguration,
  child: ResourceConfiguration,
): Promise<void> {
  for (const { association } of await associationsOf(context, group)) {
    removeChild(context, association, child.id);
  }
}

/** Associates all children of a group with a network that the group comes into. */
export async function associateChildren(
  context: OperationContext,
  association: ServiceNetworkResourceAssociation,
): Promise<void> {
  for (const child of await childrenOf(context, association.resourceConfigurationId)) {
    createChild(context, association, child);
  }
}

/** Removes all children of a group from a network that the group leaves. */
export async function dissociateChildren(
  context: OperationContext,
  association: ServiceNetworkResourceAssociation,
): Promise<void> {
  for (const { id } of await childrenOf(context, association.resourceConfigurationId)) {
    removeChild(context, association, id);
  }
}

function createChild(
  context: OperationContext,
  group: ServiceNetworkResourceAssociation,
  child: ResourceConfiguration,
): void {
  const key = childKey(group, child.id);
  const { privateDnsEnabled, id: groupAssociationId, account } = group;
  const choices = { privateDnsEnabled, groupAssociationId, account };
  const association = newAssociation(context, key.id, group, child, choices);
  context.tx.create(key, association);
  createPartner(context, "snra", association);
}

function removeChild({ tx }: OperationContext, group: ServiceNetworkResourceAssociation, childId: string): void {
  const key = childKey(group, childId);
  tx.delete(key);
  const partner = partnerKey("snra", { ...group, id: key.id });
  if (partner !== undefined) tx.delete(partner);
}

function childKey({ account, region, id }: ServiceNetworkResourceAssociation, childId: string): Key {
  return { owner: owners.resourceAssociations({ account, region }), id: childAssociationId(id, childId) };
}

async function childrenOf({ tx, caller }: OperationContext, groupId: string): Promise<ResourceConfiguration[]> {
  const pointers = await tx.all<ConfigurationPointer>(owners.configurationsOf(groupId));
  const children: ResourceConfiguration[] = [];
  for (const { id, account, region } of pointers) {
    const child = await tx.read<ResourceConfiguration>({
      owner: owners.resourceConfigurations({ account, region }),
      id,
    });
    if (child === undefined) throw new Error(`group ${groupId} of ${caller.account} has lost its child ${id}`);
    children.push(child);
  }
  return children;
}

async function associationsOf(
  { tx }: OperationContext,
  { id }: ResourceConfiguration,
): Promise<{ readonly key: Key; readonly association: ServiceNetworkResourceAssociation }[]> {
  const found: { key: Key; association: ServiceNetworkResourceAssociation }[] = [];
  for (const { associationId, account, region } of await tx.all<AssociationPointer>(owners.associationsOf(id))) {
    const key = { owner: owners.resourceAssociations({ account, region }), id: associationId };
    const association = await tx.get<ServiceNetworkResourceAssociation>(key);
    if (association === undefined)
      throw new Error(`resource configuration ${id} has lost association ${associationId}`);
    found.push({ key, association });
  }
  return found;
}
