import {
  conflict,
  type FieldError,
  invalidFields,
  type Key,
  type Listener,
  type ListenerProtocol,
  owners,
  type RuleAction,
  type Service,
  type ServiceSnapshot,
  type TargetGroup,
} from "@pergola/core";
import { compileServiceSnapshot, targetGroupIdOf, targetGroupSnapshot } from "../compile-snapshot.ts";
import { getTargetGroup } from "../locate.ts";
import type { OperationContext } from "../operation.ts";
import { quotaLimit, quotas, requireQuota } from "../quota.ts";

/**
 * Which rules forward to which target groups. A group belongs to one service at most: it is the service's from its first use to its
 * last, and exactly so long is it among the groups that health checks read.
 *
 * INVARIANT: callers hold `tx.lockService(service)`, so the uses that are listed here are all there are.
 */
export interface TargetGroupUse {
  /** The default rule's for a listener's default action. */
  readonly ruleId: string;
  readonly action: RuleAction;
}

/** Where health checks find a group in use. */
export function checkedGroupKey(targetGroupId: string): Key {
  return { owner: owners.checkedGroups, id: targetGroupId };
}

/**
 * Stores a target group and, while it is in use, what health checks need of it: every change of a group goes through here.
 * Clears the latter when the group is not in use any more.
 */
export function putTargetGroup({ tx }: OperationContext, key: Key, group: TargetGroup): void {
  const { serviceId } = group;
  tx.put(key, group);
  if (serviceId === undefined) tx.delete(checkedGroupKey(group.id));
  else tx.put(checkedGroupKey(group.id), { ...targetGroupSnapshot(group), serviceId });
}

/** @returns the ids of the groups that an action forwards to, each once */
export function targetGroupIdsOf(action: RuleAction): readonly string[] {
  if (!("forward" in action)) return [];
  return [
    ...new Set(action.forward.targetGroups.map(({ targetGroupIdentifier }) => targetGroupIdOf(targetGroupIdentifier))),
  ];
}

/**
 * Checks, without writing anything, that a service's listener may forward to the groups of an action.
 * @param path of the action in the request, for field errors
 * @throws LatticeError ResourceNotFoundException, AccessDeniedException (another account's group), ConflictException (another
 * service's) or ValidationException (a protocol that does not fit the listener)
 */
export async function requireTargetGroups(
  context: OperationContext,
  service: Service,
  protocol: ListenerProtocol,
  action: RuleAction,
  path: string,
): Promise<void> {
  if (!("forward" in action)) return;
  const unfit: FieldError[] = [];
  const groups: TargetGroup[] = [];
  for (const [index, { targetGroupIdentifier }] of action.forward.targetGroups.entries()) {
    const { value: group } = await getTargetGroup(context, targetGroupIdentifier);
    groups.push(group);
    const message = misfit(protocol, group);
    if (message !== undefined) {
      unfit.push({ name: `${path}.forward.targetGroups[${index}].targetGroupIdentifier`, message });
    }
  }
  if (unfit.length > 0) throw invalidFields(unfit);
  const taken = groups.find(({ serviceId }) => serviceId !== undefined && serviceId !== service.id);
  if (taken === undefined) return;
  throw conflict(
    "TARGET_GROUP",
    taken.id,
    `TargetGroup ${taken.id} is in use by service ${taken.serviceId}; a target group belongs to one service at most`,
  );
}

/** Source: VPC Lattice user guide, TLS listeners and target groups, read 2026-11. */
function misfit(protocol: ListenerProtocol, group: TargetGroup): string | undefined {
  const isTcp = group.config?.protocol === "TCP";
  if (protocol === "TLS_PASSTHROUGH") {
    return isTcp ? undefined : `must be a TCP target group behind a TLS_PASSTHROUGH listener, \`${group.id}\` is none`;
  }
  return isTcp ? `must not be a TCP target group behind an ${protocol} listener, \`${group.id}\` is one` : undefined;
}

/** Notes that a rule forwards to the groups of an action, which have passed `requireTargetGroups`. */
export async function useTargetGroups(
  context: OperationContext,
  service: Service,
  listenerId: string,
  ruleId: string,
  action: RuleAction,
): Promise<void> {
  for (const id of targetGroupIdsOf(action)) await addUse(context, service, listenerId, ruleId, id);
}

/**
 * Checks how many target groups a service has with this transaction's changes, all of which have been written to it.
 * @param action the new one
 * @throws LatticeError ServiceQuotaExceededException
 */
export async function requireTargetGroupQuota(
  context: OperationContext,
  service: Service,
  action: RuleAction,
): Promise<void> {
  const ids = targetGroupIdsOf(action);
  if (ids.length === 0) return;
  const { tx, settings } = context;
  const key = { owner: owners.serviceSnapshots, id: service.id };
  const before = Object.keys((await tx.get<ServiceSnapshot>(key))?.targetGroups ?? {});
  const most = new Set([...before, ...ids]).size;
  // Counted exactly only where it matters: an update may have released some of them.
  if (most <= quotaLimit(settings, quotas.targetGroupsOfService)) return;
  const after = await compileServiceSnapshot(tx, service);
  const count = Object.keys(after?.targetGroups ?? {}).length;
  requireQuota(context, quotas.targetGroupsOfService, count, "TARGET_GROUP", service.id);
}

async function addUse(
  context: OperationContext,
  service: Service,
  listenerId: string,
  ruleId: string,
  targetGroupId: string,
): Promise<void> {
  const { key, value: group } = await getTargetGroup(context, targetGroupId);
  context.tx.put({ owner: owners.uses(targetGroupId), id: ruleId }, { serviceId: service.id, listenerId });
  if (group.serviceId === undefined) putTargetGroup(context, key, { ...group, serviceId: service.id });
}

/** Notes that rules do not forward to the groups of their actions any more. Groups without any use left become free. */
export async function releaseTargetGroups(context: OperationContext, uses: readonly TargetGroupUse[]): Promise<void> {
  const rulesOf = new Map<string, string[]>();
  for (const { ruleId, action } of uses) {
    for (const id of targetGroupIdsOf(action)) rulesOf.set(id, [...(rulesOf.get(id) ?? []), ruleId]);
  }
  for (const [id, ruleIds] of rulesOf) await removeUses(context, id, ruleIds);
}

async function removeUses(context: OperationContext, targetGroupId: string, ruleIds: readonly string[]): Promise<void> {
  const owner = owners.uses(targetGroupId);
  for (const id of ruleIds) context.tx.delete({ owner, id });
  const left = await context.tx.all(owner);
  if (left.length > 0) return;
  const { key, value: group } = await getTargetGroup(context, targetGroupId);
  const { serviceId: _, ...free } = group;
  putTargetGroup(context, key, free);
}

/** Notes that a rule's action is another one now; the new one's groups have passed `requireTargetGroups`. */
export async function replaceTargetGroups(
  context: OperationContext,
  service: Service,
  listener: Pick<Listener, "id">,
  before: TargetGroupUse,
  after: RuleAction,
): Promise<void> {
  await useTargetGroups(context, service, listener.id, before.ruleId, after);
  const kept = new Set(targetGroupIdsOf(after));
  const gone = targetGroupIdsOf(before.action).filter((id) => !kept.has(id));
  for (const id of gone) await removeUses(context, id, [before.ruleId]);
}
