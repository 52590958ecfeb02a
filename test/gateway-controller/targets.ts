import { type Cloud, Retry, retryConflicts } from "./cloud.ts";
import type { Backend } from "./routes.ts";

/** RegisterTargets and DeregisterTargets take so many. */
const targetsInOneCall = 100;

const key = ({ id, port }: { id?: string | undefined; port?: number | undefined }): string => `${id}:${port}`;

/** Takes out what is no pod any more and puts in what is one. @throws Retry while the group is being made, Error for a refused target */
export async function updateTargets(cloud: Cloud, groupId: string, pods: Backend["pods"]): Promise<void> {
  const wanted = new Set(pods.map(key));
  const listed = await cloud.all("ListTargets", { targetGroupIdentifier: groupId });
  const stale = listed.filter((target) => target.status !== "DRAINING" && !wanted.has(key(target)));
  const withoutStatus = stale.map(({ id = "", port = 0 }) => ({ id, port }));
  await inChunks(cloud, "DeregisterTargets", groupId, withoutStatus);
  await inChunks(cloud, "RegisterTargets", groupId, pods);
}

async function inChunks(
  cloud: Cloud,
  operation: "RegisterTargets" | "DeregisterTargets",
  targetGroupIdentifier: string,
  targets: Backend["pods"],
): Promise<void> {
  for (let first = 0; first < targets.length; first += targetsInOneCall) {
    const chunk = targets.slice(first, first + targetsInOneCall);
    const { unsuccessful = [] } = await retryConflicts(
      cloud.call(operation, { targetGroupIdentifier, targets: chunk }),
    );
    if (unsuccessful.length > 0) throw new Error(`${operation} refused ${JSON.stringify(unsuccessful)}`);
  }
}

/** What a pod's readiness gate is told. */
export interface Readiness {
  readonly ready: boolean;
  readonly status: string;
}

/**
 * @returns readiness by `id:port`
 * @throws Retry while a pod's target is on its way, is not healthy or is not there
 */
export async function readinessOf(cloud: Cloud, groupId: string, pods: Backend["pods"]): Promise<Readiness[]> {
  const listed = await cloud.all("ListTargets", { targetGroupIdentifier: groupId });
  const statuses = new Map(listed.map((target) => [key(target), target.status]));
  return pods.map((pod) => {
    const status = statuses.get(key(pod)) ?? "missing";
    if (status === "HEALTHY" || status === "UNAVAILABLE") return { ready: true, status };
    if (status === "UNUSED") return { ready: false, status };
    throw new Retry(`${key(pod)} is ${status}`);
  });
}
