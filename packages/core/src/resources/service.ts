import type { ResourceBase } from "./resource-base.ts";
import type { RuleAction, RuleMatch } from "./rule.ts";

export type AuthType = "NONE" | "AWS_IAM";

export interface DnsEntry {
  readonly domainName: string;
  readonly hostedZoneId: string;
}

export interface Service extends ResourceBase {
  readonly name: string;
  readonly authType: AuthType;
  /** Seconds, 60–600, default 60. */
  readonly idleTimeoutSeconds: number;
  readonly customDomainName?: string;
  readonly certificateArn?: string;
  readonly dnsEntry: DnsEntry;
}

export type ListenerProtocol = "HTTP" | "HTTPS" | "TLS_PASSTHROUGH";

export interface Listener extends ResourceBase {
  readonly serviceId: string;
  readonly name: string;
  readonly protocol: ListenerProtocol;
  readonly port: number;
  readonly defaultAction: RuleAction;
  /** The rule that stands for the default action. */
  readonly defaultRuleId: string;
  /** Its deletion needs several transactions and has begun: it takes no requests and no changes any more. */
  readonly deleting?: true;
}

export interface Rule extends ResourceBase {
  readonly serviceId: string;
  readonly listenerId: string;
  readonly name: string;
  readonly isDefault: boolean;
  /** Absent on the default rule, which always comes last. */
  readonly priority?: number;
  /** Absent on the default rule. */
  readonly match?: RuleMatch;
  readonly action: RuleAction;
}
