import { type Key, owners, type ResourceConfiguration, type Scope } from "@pergola/core";

/** What `owners.configurationsOf` holds for each resource configuration of a gateway, group or domain verification. */
export interface ConfigurationPointer extends Scope {
  readonly id: string;
}

/** Every item that stands for a resource configuration beside its name, all written and deleted with it. */
export function configurationKeys(configuration: ResourceConfiguration): {
  readonly self: Key;
  readonly onGateway: Key;
  readonly onGroup?: Key;
  readonly onVerification?: Key;
} {
  const { account, region, id, resourceGatewayId, resourceConfigurationGroupId, domainVerificationId } = configuration;
  const pointer = (resourceId: string): Key => ({ owner: owners.configurationsOf(resourceId), id });
  return {
    self: { owner: owners.resourceConfigurations({ account, region }), id },
    onGateway: pointer(resourceGatewayId),
    ...(resourceConfigurationGroupId === undefined ? {} : { onGroup: pointer(resourceConfigurationGroupId) }),
    // A child names its group's verification without being listed under it: the group is.
    ...(domainVerificationId === undefined || resourceConfigurationGroupId !== undefined
      ? {}
      : { onVerification: pointer(domainVerificationId) }),
  };
}

/** Where a child's group is. */
export function groupKeyOf({ account, region }: ResourceConfiguration, groupId: string): Key {
  return { owner: owners.resourceConfigurations({ account, region }), id: groupId };
}
