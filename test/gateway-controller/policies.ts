import { ApiError, type Cloud, refusalOf } from "./cloud.ts";
import { ownerTags, type Tags, tagKeys, tagsOf, updateTags } from "./tags.ts";

/** A service or a service network that a policy is attached to. */
export interface PolicyTarget {
  readonly kind: "service" | "network";
  readonly id: string;
}

async function setAuthType(cloud: Cloud, { kind, id }: PolicyTarget, authType: "NONE" | "AWS_IAM"): Promise<void> {
  if (kind === "service") await cloud.call("UpdateService", { serviceIdentifier: id, authType });
  else await cloud.call("UpdateServiceNetwork", { serviceNetworkIdentifier: id, authType });
}

/** An IAMAuthPolicy: first the policy, then the switch, so that nothing is denied in between for want of one. */
export async function putAuthPolicy(cloud: Cloud, target: PolicyTarget, policy: string): Promise<void> {
  await cloud.call("PutAuthPolicy", { resourceIdentifier: target.id, policy });
  await setAuthType(cloud, target, "AWS_IAM");
}

/** First the switch, then the policy. What is gone already is done. */
export async function deleteAuthPolicy(cloud: Cloud, target: PolicyTarget): Promise<void> {
  const deleted = setAuthType(cloud, target, "NONE").then(() =>
    cloud.call("DeleteAuthPolicy", { resourceIdentifier: target.id }),
  );
  const refusal = await refusalOf(deleted);
  if (refusal !== undefined && !refusal.is("ResourceNotFoundException")) throw refusal;
}

/** An AccessLogPolicy of Kubernetes. */
export interface AccessLogPolicy {
  /** `namespace/name`. */
  readonly name: string;
  readonly resourceArn: string;
  readonly destinationArn: string;
  readonly tags?: Tags;
}

/** What an AccessLogPolicy's status says when it cannot be. */
export class PolicyProblem extends Error {
  readonly reason: "TargetNotFound" | "Conflicted" | "Invalid";

  constructor(reason: PolicyProblem["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** @returns the subscription's ARN @throws PolicyProblem */
export async function createAccessLog(cloud: Cloud, policy: AccessLogPolicy): Promise<string> {
  const { name, resourceArn: resourceIdentifier, destinationArn } = policy;
  const tags = { ...policy.tags, ...ownerTags(cloud), [tagKeys.accessLogPolicy]: name };
  try {
    const made = await cloud.call("CreateAccessLogSubscription", { resourceIdentifier, destinationArn, tags });
    return made.arn ?? "";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { resourceType } = error.failure.members ?? {};
    if (error.is("AccessDeniedException")) throw new PolicyProblem("Invalid", error.message);
    if (error.is("ResourceNotFoundException")) {
      const isTarget = resourceType === "SERVICE" || resourceType === "SERVICE_NETWORK";
      throw new PolicyProblem(isTarget ? "TargetNotFound" : "Invalid", error.message);
    }
    if (!error.is("ConflictException")) throw error;
    const own = await findOwnSubscription(cloud, policy);
    if (own === undefined) throw new PolicyProblem("Conflicted", error.message);
    return own;
  }
}

/** Whose creation went through before the controller had noted it: the same destination, and the policy's own tag. */
async function findOwnSubscription(cloud: Cloud, policy: AccessLogPolicy): Promise<string | undefined> {
  const { items = [] } = await cloud.call("ListAccessLogSubscriptions", { resourceIdentifier: policy.resourceArn });
  for (const { destinationArn, arn = "" } of items) {
    if (destinationArn !== policy.destinationArn) continue;
    if ((await tagsOf(cloud, arn))[tagKeys.accessLogPolicy] === policy.name) return arn;
  }
  return undefined;
}

/** @param arn of the policy's subscription so far @returns that of its subscription now */
export async function updateAccessLog(cloud: Cloud, policy: AccessLogPolicy, arn: string): Promise<string> {
  const accessLogSubscriptionIdentifier = arn;
  const { destinationArn } = policy;
  try {
    const has = await cloud.call("GetAccessLogSubscription", { accessLogSubscriptionIdentifier });
    if (has.resourceArn !== policy.resourceArn) return await replaceAccessLog(cloud, policy, arn);
    await cloud.call("UpdateAccessLogSubscription", { accessLogSubscriptionIdentifier, destinationArn });
    await updateTags(cloud, arn, policy.tags);
    return arn;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.is("ResourceNotFoundException")) return createAccessLog(cloud, policy);
    if (error.is("ConflictException")) return replaceAccessLog(cloud, policy, arn);
    throw error;
  }
}

async function replaceAccessLog(cloud: Cloud, policy: AccessLogPolicy, old: string): Promise<string> {
  const replacement = await createAccessLog(cloud, policy);
  await deleteAccessLog(cloud, old);
  return replacement;
}

export async function deleteAccessLog(cloud: Cloud, accessLogSubscriptionIdentifier: string): Promise<void> {
  const refusal = await refusalOf(cloud.call("DeleteAccessLogSubscription", { accessLogSubscriptionIdentifier }));
  if (refusal !== undefined && !refusal.is("ResourceNotFoundException")) throw refusal;
}
