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
  /** Items: pointers from a service or network to its associations; id is the association's, value { account, region }. */
  associationsOf: (resourceId: string): string => `${resourceId}/associations`,
  /** Items: pointers from a service or network to its log subscriptions; id is the subscription's. */
  logSubscriptionsOf: (resourceId: string): string => `${resourceId}/log-subscriptions`,
  /** Items: services that answer to a custom domain name, in any account; id is the service's. */
  domain: (domainName: string): string => `domain/${domainName}`,
  /** Uniqueness guards: one item for each taken name; value { id }. `kind` e.g. `services`, `<serviceId>/listeners`. */
  names: (scope: Scope, kind: string): string => `${at(scope)}/names/${kind}`,
  /** Items: { operation, token } → first answer, with a time to live. */
  tokens: (scope: Scope): string => `${at(scope)}/tokens`,
  /** Items: ServiceSnapshot, id is the service's. */
  serviceSnapshots: "snapshots/services",
  /** Items: NetworkSnapshot, id is the network's. */
  networkSnapshots: "snapshots/networks",
  /** Items: TargetGroup id → TargetGroupSnapshot with its serviceId, for each group in use; what health checks read. */
  checkedGroups: "snapshots/target-groups",
} as const;

/** The auth policy of a service or network. */
export function authPolicyKey(resourceId: string): Key {
  return { owner: `${resourceId}/auth-policy`, id: "policy" };
}
