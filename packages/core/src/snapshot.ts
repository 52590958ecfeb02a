import type { ResourceConfigurationDefinition } from "./resources/resource-configuration.ts";
import type { RuleMatch } from "./resources/rule.ts";
import type { AuthType, ListenerProtocol } from "./resources/service.ts";
import type { LogDestinationKind } from "./resources/service-network.ts";
import type { TargetGroupConfig, TargetGroupType } from "./resources/target-group.ts";

/**
 * What the data plane needs of a service, compiled by the control plane in the same transaction as the change: plain data, no
 * names left to resolve. Targets and their health are kept apart (`TargetSet`), since they change more often.
 */
export interface ServiceSnapshot {
  readonly serviceId: string;
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** The generated DNS name with the domain of this deployment. */
  readonly domainName: string;
  readonly customDomainName?: string;
  readonly certificateArn?: string;
  readonly authType: AuthType;
  /** Policy text; absent means that everything is denied under AWS_IAM. */
  readonly authPolicy?: string;
  /** The same policy, read; absent in snapshots of before there was any, and where nobody is asked. */
  readonly authStatements?: AuthPolicySnapshot;
  readonly idleTimeoutSeconds: number;
  /** For `aws:ResourceTag/…`. */
  readonly tags: Readonly<Record<string, string>>;
  /** Networks that the service is associated with, in the order of association. */
  readonly networkIds: readonly string[];
  readonly listeners: readonly ListenerSnapshot[];
  /** By id: each group that an action of this service names. */
  readonly targetGroups: Readonly<Record<string, TargetGroupSnapshot>>;
  readonly logSubscriptions: readonly LogSubscriptionSnapshot[];
}

/** A policy without an error, as `readAuthPolicy` of `@pergola/iam` has read it: plain data that is compiled without reading the text. */
export interface AuthPolicySnapshot {
  /** What form the statements have. */
  readonly form: number;
  readonly statements: readonly unknown[];
}

export interface ListenerSnapshot {
  readonly id: string;
  readonly port: number;
  readonly protocol: ListenerProtocol;
  /** INVARIANT (rules sorted): ascending priority, no duplicates, without the default rule. */
  readonly rules: readonly RuleSnapshot[];
  readonly defaultAction: ActionSnapshot;
}

export interface RuleSnapshot {
  readonly id: string;
  readonly priority: number;
  readonly match: RuleMatch;
  readonly action: ActionSnapshot;
}

export type ActionSnapshot =
  | { readonly kind: "forward"; readonly targetGroups: readonly { readonly id: string; readonly weight: number }[] }
  | { readonly kind: "fixed-response"; readonly statusCode: number };

export interface TargetGroupSnapshot {
  readonly id: string;
  readonly arn: string;
  readonly type: TargetGroupType;
  readonly config: TargetGroupConfig;
}

export interface LogSubscriptionSnapshot {
  readonly id: string;
  readonly destinationKind: LogDestinationKind;
  readonly destinationArn: string;
  /** Service or network that is logged, and where. */
  readonly resourceId: string;
  readonly account: string;
  readonly region: string;
  /** Present for connections to resources; absent for requests to services. */
  readonly logType?: "RESOURCE";
}

/** What the data plane needs of a service network. */
export interface NetworkSnapshot {
  readonly networkId: string;
  readonly arn: string;
  readonly account: string;
  readonly authType: AuthType;
  readonly authPolicy?: string;
  readonly authStatements?: AuthPolicySnapshot;
  /** Associated VPCs in the order of association. */
  readonly vpcs: readonly { readonly vpcId: string; readonly account: string; readonly associationId: string }[];
  /** Subscriptions of log type SERVICE. */
  readonly logSubscriptions: readonly LogSubscriptionSnapshot[];
  /** Subscriptions of log type RESOURCE; snapshots of before there were any have none. */
  readonly resourceLogSubscriptions?: readonly LogSubscriptionSnapshot[];
}

/**
 * What the data plane needs of a resource configuration that networks can have, with the children if it is a group. A child has an
 * association of its own with each network that its group is in: `childAssociationId`.
 */
export interface ResourceSnapshot {
  readonly configurationId: string;
  readonly account: string;
  readonly region: string;
  readonly gateway: { readonly id: string; readonly vpcId: string };
  /** In the order of association. */
  readonly associations: readonly ResourceAssociationSnapshot[];
  /** The configuration itself, or its children. */
  readonly resources: readonly ResourceEntry[];
}

export interface ResourceAssociationSnapshot {
  /** The group's own, for a group. */
  readonly associationId: string;
  readonly networkId: string;
  /** Whose association it is, twelve digits. */
  readonly account: string;
}

/** Something that clients can connect to. */
export interface ResourceEntry {
  readonly configurationId: string;
  readonly arn: string;
  readonly name: string;
  readonly isChild: boolean;
  readonly definition: ResourceConfigurationDefinition;
  /** `80` or `8000-8100` each; none for an ARN, whose database says. */
  readonly portRanges: readonly string[];
  readonly logSubscriptions: readonly LogSubscriptionSnapshot[];
}
