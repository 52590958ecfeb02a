import type { Scope } from "./arn.ts";
import type { Key } from "./config-store.ts";

/**
 * Where everything is in the store. Both planes and health checks address items through these functions only. An owner's items
 * are listed together: `list(owners.rules(listenerId))`.
 */
const at = ({ account, region }: Scope): string => `${account}/${region}`;

export const owners = {
  services: (scope: Scope): string => `${at(scope)}/services`,
  serviceNetworks: (scope: Scope): string => `${at(scope)}/service-networks`,
  targetGroups: (scope: Scope): string => `${at(scope)}/target-groups`,
  serviceAssociations: (scope: Scope): string => `${at(scope)}/service-associations`,
  vpcAssociations: (scope: Scope): string => `${at(scope)}/vpc-associations`,
  logSubscriptions: (scope: Scope): string => `${at(scope)}/log-subscriptions`,
  resourceGateways: (scope: Scope): string => `${at(scope)}/resource-gateways`,
  resourceConfigurations: (scope: Scope): string => `${at(scope)}/resource-configurations`,
  /** Items: ServiceNetworkResourceAssociation, those of a group's children among them. */
  resourceAssociations: (scope: Scope): string => `${at(scope)}/resource-associations`,
  /** Items: certificates that were imported. */
  certificates: (scope: Scope): string => `${at(scope)}/certificates`,
  domainVerifications: (scope: Scope): string => `${at(scope)}/domain-verifications`,
  /**
   * Items: { arn, tags … } of associations that another account made with a resource of this one, which sees them under its own
   * account; `kind` is the prefix of their ids.
   */
  partnerAssociations: (scope: Scope, kind: string): string => `${at(scope)}/partner-${kind}`,
  /** Items: what is shared, in any account of a region; id is `<resource id>/<how>`, value at least { arn }. */
  sharedResources: (region: string): string => `shared-resources/${region}`,
  /** Items: resource shares of an account. */
  resourceShares: ({ account, region }: Scope): string => `ram/${region}/${account}/resource-shares`,
  /** Items: what an account's shares hold and with whom, id is `<share id>/resource/<ARN>` or `<share id>/principal/<key>`. */
  shareAssociations: ({ account, region }: Scope): string => `ram/${region}/${account}/associations`,
  /** Items: permissions that customers made, id is the name. */
  sharePermissions: ({ account, region }: Scope): string => `ram/${region}/${account}/permissions`,
  /** Items: what ReplacePermissionAssociations did. */
  permissionWorks: ({ account, region }: Scope): string => `ram/${region}/${account}/permission-works`,
  /** Items: { account } of the shares with a principal (an account, organization or unit), id is the share's. */
  sharesWith: (region: string, principal: string): string => `ram/${region}/shares-with/${principal}`,
  /** Items: invitations to shares that an account has received. */
  shareInvitations: ({ account, region }: Scope): string => `ram/${region}/${account}/invitations`,
  /** Items: organizations within which accounts share without invitations, in every region; id is the organization's. */
  sharingOrganizations: "ram/organizations",
  /** Items: { count } of resources that a quota bounds; id says of which kind, and within what. */
  counts: (scope: Scope): string => `${at(scope)}/counts`,
  /** Items: Listener. */
  listeners: (serviceId: string): string => `${serviceId}/listeners`,
  /** Items: Rule, the default rule among them. */
  rules: (listenerId: string): string => `${listenerId}/rules`,
  /** Items: Target, id is `targetKey`. */
  targets: (targetGroupId: string): string => `${targetGroupId}/targets`,
  /** Items: TargetHealth, id is `targetKey`. */
  health: (targetGroupId: string): string => `${targetGroupId}/health`,
  /** Items: the rule (id) that forwards to the group; value { serviceId, listenerId }. */
  uses: (targetGroupId: string): string => `${targetGroupId}/uses`,
  /** Items: pointers from a service, network or resource configuration to its associations; id is the association's, value { account, region }. */
  associationsOf: (resourceId: string): string => `${resourceId}/associations`,
  /** Items: pointers { id, account, region } from a resource gateway, group or domain verification to its resource configurations. */
  configurationsOf: (resourceId: string): string => `${resourceId}/resource-configurations`,
  /** Items: pointers from a service or network to its log subscriptions; id is the subscription's. */
  logSubscriptionsOf: (resourceId: string): string => `${resourceId}/log-subscriptions`,
  /** Items: pointers { id, account, region } to every domain verification: what is looked up in the DNS. */
  watchedDomains: "domain-verifications",
  /** Items: services that answer to a custom domain name, in any account; id is the service's. */
  domain: (domainName: string): string => `domain/${domainName}`,
  /** Items: { address } that clients on this machine reach a resource at; id is its association's. */
  resourceAddresses: "local/resource-addresses",
  /** Uniqueness guards: one item for each taken name; value { id }. `kind` e.g. `services`, `<serviceId>/listeners`. */
  names: (scope: Scope, kind: string): string => `${at(scope)}/names/${kind}`,
  /** Items: { operation, token } → first answer, with a time to live. */
  tokens: (scope: Scope): string => `${at(scope)}/tokens`,
  /** Items: what changed, newest first. */
  history: (scope: Scope): string => `${at(scope)}/history`,
  /** Items: ServiceSnapshot, id is the service's. */
  serviceSnapshots: "snapshots/services",
  /** Items: ResourceSnapshot, id is that of the resource configuration, or of its group. */
  resourceSnapshots: "snapshots/resource-configurations",
  /** Items: NetworkSnapshot, id is the network's. */
  networkSnapshots: "snapshots/networks",
  /** Items: TargetGroup id → TargetGroupSnapshot with its serviceId, for each group in use; what health checks read. */
  checkedGroups: "snapshots/target-groups",
} as const;

/** The resource policy of a service, network or resource configuration. */
export function resourcePolicyKey(resourceId: string): Key {
  return { owner: `${resourceId}/resource-policy`, id: "policy" };
}

/** What is kept of a resource configuration's VPC endpoints: { removed: ids of the associations that were deleted }. */
export function endpointAssociationsKey(configurationId: string): Key {
  return { owner: `${configurationId}/endpoint-associations`, id: "removed" };
}

/** The auth policy of a service or network. */
export function authPolicyKey(resourceId: string): Key {
  return { owner: `${resourceId}/auth-policy`, id: "policy" };
}
