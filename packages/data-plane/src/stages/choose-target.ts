import type { Call, Stage, Verdict } from "../call.ts";
import type { CompiledService } from "../configuration/compile-service.ts";
import { nextTarget, type TargetRotation } from "../configuration/compile-targets.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { weightedChoice } from "../weighted-choice.ts";

/**
 * Target group by weight, then the target whose turn it is. A group without targets is not made up for by another group.
 * @param random for the weights, in [0, 1)
 */
export function chooseTarget(configuration: Configuration, random: () => number): Stage {
  return (call) => {
    if (call.action?.kind !== "forward") return call.fail("internal");
    const chosen = weightedChoice(call.action.targetGroups, random);
    if (chosen === undefined) return call.fail("noTarget");
    const group = (call.service as CompiledService).snapshot.targetGroups[chosen.id];
    if (group === undefined) return call.fail("noTarget");
    call.targetGroup = group;
    const rotation = configuration.targetsOf(group);
    return rotation instanceof Promise ? rotation.then((found) => take(call, found)) : take(call, rotation);
  };
}

function take(call: Call, rotation: TargetRotation | undefined): Verdict {
  if (rotation === undefined) return call.fail("noTarget");
  call.rotation = rotation;
  rotation.counts.requests.active += 1;
  const target = nextTarget(rotation);
  if (target === undefined) return call.fail("noTarget");
  call.target = target;
  return undefined;
}
