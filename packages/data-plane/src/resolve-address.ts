import type { Logger, TargetGroupSnapshot } from "@pergola/core";
import type { Call, Verdict } from "./call.ts";
import type { RoutableTarget } from "./configuration/compile-targets.ts";
import type { RequestPorts } from "./ports.ts";

type Targets = RequestPorts["targets"];
type Named = Parameters<Targets["addressOf"]>[0];
type Group = Pick<TargetGroupSnapshot, "type">;

/** @returns the target as it has to be looked up before anything goes there; undefined when that is not needed */
function unknownTarget(
  group: Group | undefined,
  target: RoutableTarget | undefined,
  targets: Targets,
): Named | undefined {
  const type = group?.type;
  if (target === undefined || (type !== "INSTANCE" && type !== "ALB")) return undefined;
  const named = { type, id: target.id };
  return targets.addressOf(named) === undefined ? named : undefined;
}

/** Looks up where a target is, unless that is in memory. Where nobody can, it is as one that is not there. */
export async function resolveAddress(
  group: Group | undefined,
  target: RoutableTarget | undefined,
  targets: Targets,
  logger: Logger,
): Promise<void> {
  const named = unknownTarget(group, target, targets);
  if (named !== undefined) await resolve(named, targets, logger);
}

/** @returns a forward that waits for the address of a target that is not in memory, and is as it was otherwise */
export function resolvingForward(
  forward: (call: Call) => Verdict,
  targets: Targets,
  logger: Logger,
): (call: Call) => Verdict | Promise<Verdict> {
  if (targets.resolve === undefined) return forward;
  return (call) => {
    const named = unknownTarget(call.targetGroup, call.target, targets);
    if (named === undefined) return forward(call);
    return resolve(named, targets, logger).then(() => (call.exchange.isClientGone ? "taken" : forward(call)));
  };
}

async function resolve(named: Named, targets: Targets, logger: Logger): Promise<void> {
  try {
    await targets.resolve?.([named]);
  } catch (error) {
    logger.warn("the address of a target could not be looked up", { target: named.id, error: String(error) });
  }
}
