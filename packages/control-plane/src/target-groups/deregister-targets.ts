import { drainingMs, notFound, owners, type Target, type TargetGroup, targetKey } from "@pergola/core";
import { list, required } from "../constraint.ts";
import { targetGroupIdentifier } from "../field-constraints.ts";
import { locate } from "../locate.ts";
import { type OperationContext, operation } from "../operation.ts";
import { type TargetFailure, type TargetInput, targetIdentity, targetMembers } from "./target-id.ts";

/** With the record of the change, a transaction is full: more targets take a second one. */
const writesAtOnce = 90;

/** What the runs so far have come to. */
interface Progress {
  readonly successful: readonly TargetInput[];
  readonly unsuccessful: readonly TargetFailure[];
}

/**
 * DeregisterTargets: 1 to 100 at once, each on its own. Targets of a group in use drain for a minute; functions, load balancers and
 * targets that no traffic goes to are gone at once.
 */
export const deregisterTargets = operation(
  { targetGroupIdentifier: required(targetGroupIdentifier), targets: required(list(targetMembers, 1, 100)) },
  async (input, context) => {
    const group = await readGroup(context, input.targetGroupIdentifier);
    const before = (context.progress ?? { successful: [], unsuccessful: [] }) as Progress;
    const successful = [...before.successful];
    const unsuccessful = [...before.unsuccessful];
    const done = successful.length + unsuccessful.length;
    for (const given of input.targets.slice(done, done + writesAtOnce)) {
      const identity = targetIdentity(group, given);
      if (await deregister(context, group, identity)) successful.push(identity);
      else {
        const failureMessage = `${targetKey(identity)} is not registered with ${group.id}`;
        unsuccessful.push({ ...given, failureCode: "TargetNotFound", failureMessage });
      }
    }
    const answer = { successful, unsuccessful };
    if (done + writesAtOnce < input.targets.length) context.tx.continueAfterCommit(answer satisfies Progress);
    return answer;
  },
);

/** Without making the commit depend on the group: its hundred targets fill a transaction, and each counts for itself. */
async function readGroup(context: OperationContext, identifier: string): Promise<TargetGroup> {
  const { id, arn, account, region } = locate(context, identifier);
  const key = { owner: owners.targetGroups({ account, region }), id };
  const group = region === context.caller.region ? await context.tx.read<TargetGroup>(key) : undefined;
  if (group === undefined || (arn !== undefined && identifier !== group.arn))
    throw notFound("TARGET_GROUP", identifier);
  return group;
}

async function deregister({ tx, now }: OperationContext, group: TargetGroup, identity: TargetInput): Promise<boolean> {
  const key = { owner: owners.targets(group.id), id: targetKey(identity) };
  const target = await tx.get<Target>(key);
  if (target === undefined) return false;
  const drains = group.serviceId !== undefined && (group.type === "INSTANCE" || group.type === "IP");
  if (!drains) tx.delete(key);
  else if (target.drainingSince === undefined) {
    const expiresAt = Math.ceil((now.getTime() + drainingMs) / 1000);
    tx.put(key, { ...target, drainingSince: now.toISOString() }, expiresAt);
  }
  return true;
}
