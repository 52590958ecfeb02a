import {
  type ActionSnapshot,
  compileRules,
  type ListenerProtocol,
  type ListenerSnapshot,
  type Logger,
  type RuleIndex,
  type ServiceSnapshot,
} from "@pergola/core";
import { RequestCounts } from "../traffic.ts";
import { compilePolicySide, type PolicySide } from "./compile-policy.ts";

export interface CompiledService {
  readonly snapshot: ServiceSnapshot;
  /** Present when the service's authType is AWS_IAM. */
  readonly auth: PolicySide | undefined;
  readonly listeners: readonly CompiledListener[];
  /** Host names in lower case. */
  readonly names: ReadonlySet<string>;
  readonly idleTimeoutMs: number;
  readonly requests: RequestCounts;
}

export interface CompiledListener {
  readonly id: string;
  readonly port: number;
  readonly protocol: ListenerProtocol;
  readonly rules: RuleIndex;
  /** In the order of the rules. */
  readonly actions: readonly ActionSnapshot[];
  readonly defaultAction: ActionSnapshot;
}

/**
 * @param previous goes on counting
 * @returns the form of a snapshot that requests are answered from
 */
export function compileService(snapshot: ServiceSnapshot, logger: Logger, previous?: CompiledService): CompiledService {
  const { serviceId, idleTimeoutSeconds, listeners } = snapshot;
  return {
    snapshot,
    auth: compilePolicySide(snapshot, serviceId, logger),
    listeners: listeners.map(compileListener),
    names: new Set(namesOf(snapshot)),
    idleTimeoutMs: idleTimeoutSeconds * 1000,
    requests: previous?.requests ?? new RequestCounts(),
  };
}

function compileListener({ id, port, protocol, rules, defaultAction }: ListenerSnapshot): CompiledListener {
  return {
    id,
    port,
    protocol,
    rules: compileRules(rules.map((rule) => rule.match)),
    actions: rules.map((rule) => rule.action),
    defaultAction,
  };
}

/** Clients may use the name as AWS would form it, whatever domain this deployment has. */
function namesOf({ domainName, customDomainName, region }: ServiceSnapshot): string[] {
  const stem = `.vpc-lattice-svcs.${region}.`;
  const at = domainName.indexOf(stem);
  const names = [domainName.toLowerCase()];
  if (at !== -1) names.push(`${domainName.slice(0, at + stem.length)}on.aws`.toLowerCase());
  if (customDomainName !== undefined) names.push(customDomainName.toLowerCase());
  return names;
}
