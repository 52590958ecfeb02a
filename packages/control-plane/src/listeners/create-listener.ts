import {
  conflict,
  invalidFields,
  type Listener,
  type ListenerProtocol,
  listenerArn,
  owners,
  type Rule,
  type RuleAction,
  ruleArn,
  type Service,
} from "@pergola/core";
import { oneOf, required } from "../constraint.ts";
import { clientToken, port, resourceName, serviceIdentifier, tags } from "../field-constraints.ts";
import { newResource } from "../lifecycle.ts";
import { getService } from "../locate.ts";
import { type OperationContext, operation } from "../operation.ts";
import { quotas, requireQuota } from "../quota.ts";
import { defaultRuleName, ruleKey } from "../rules/find-rule.ts";
import { completeAction, ruleAction } from "../rules/rule-action.ts";
import { requireTargetGroupQuota, useTargetGroups } from "../target-groups/target-group-uses.ts";
import { claimName } from "../unique-name.ts";
import { requireDefaultAction } from "./default-action.ts";
import { defaultPorts, listenerKey } from "./find-listener.ts";
import { listenerView } from "./listener-view.ts";

/** CreateListener. Name and port are unique in the service; the default action gets a rule of its own, which always comes last. */
export const createListener = operation(
  {
    serviceIdentifier: required(serviceIdentifier),
    name: resourceName(63, "listener-"),
    protocol: required(oneOf("HTTP", "HTTPS", "TLS_PASSTHROUGH")),
    port,
    defaultAction: required(ruleAction),
    clientToken,
    tags,
  },
  async (input, context) => {
    const { tx } = context;
    const { value: service } = await getService(context, input.serviceIdentifier);
    await tx.lockService(service);
    const { protocol } = input;
    const action = completeAction(input.defaultAction, "defaultAction");
    requireDomain(service, protocol);
    await requireDefaultAction(context, service, protocol, action);
    const id = context.newId("listener");
    await claimName(context, "Listener", input.name, id, service.id);
    const listenerPort = input.port ?? defaultPorts[protocol];
    await requireRoom(context, service.id, listenerPort);
    const defaultRule = newDefaultRule(context, service, id, action);
    const listener: Listener = {
      ...newResource(context, id, listenerArn(service, service.id, id), input.tags),
      serviceId: service.id,
      name: input.name,
      protocol,
      port: listenerPort,
      defaultAction: action,
      defaultRuleId: defaultRule.id,
    };
    tx.create(listenerKey(service.id, id), listener);
    tx.create(ruleKey(id, defaultRule.id), defaultRule);
    await useTargetGroups(context, service, id, defaultRule.id, action);
    await requireTargetGroupQuota(context, service, action);
    return listenerView(listener);
  },
);

/** A connection that is not terminated is told apart by its SNI only, which has to be the service's own domain name. */
function requireDomain(service: Service, protocol: ListenerProtocol): void {
  if (protocol !== "TLS_PASSTHROUGH" || service.customDomainName !== undefined) return;
  throw invalidFields([
    {
      name: "protocol",
      message: `must not be TLS_PASSTHROUGH, since service \`${service.id}\` has no customDomainName`,
    },
  ]);
}

/** The port has to be free, and the service to have fewer listeners than its quota. */
async function requireRoom(context: OperationContext, serviceId: string, wanted: number): Promise<void> {
  const listeners = await context.tx.all<Listener>(owners.listeners(serviceId));
  const holder = listeners.find((listener) => listener.port === wanted);
  if (holder !== undefined) {
    const message = `Resource of type Listener with port ${wanted} already exists in ${serviceId}`;
    throw conflict("LISTENER", holder.id, message);
  }
  requireQuota(context, quotas.listeners, listeners.length + 1, "LISTENER", serviceId);
}

function newDefaultRule(context: OperationContext, service: Service, listenerId: string, action: RuleAction): Rule {
  const id = context.newId("rule");
  return {
    ...newResource(context, id, ruleArn(service, service.id, listenerId, id)),
    serviceId: service.id,
    listenerId,
    name: defaultRuleName,
    isDefault: true,
    action,
  };
}
