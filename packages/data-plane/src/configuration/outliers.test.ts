import { monotonicNow } from "@pergola/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TargetGroupCounts } from "../traffic.ts";
import { nextTarget, type RoutableTarget, type TargetRotation } from "./compile-targets.ts";
import { freshOutcomes, noteFailure, noteSuccess } from "./outliers.ts";

const options = { outlierFailures: 3, outlierEjection: 1_000 };

function rotationOf(count: number): TargetRotation & { readonly targets: readonly RoutableTarget[] } {
  const targets = Array.from({ length: count }, (_, i) => ({ id: `10.0.0.${i}`, port: 80, outcomes: freshOutcomes() }));
  return { targets, next: 0, ejectedUntil: 0, counts: new TargetGroupCounts() };
}

function fail(rotation: TargetRotation, at: number, times: number, now: number): number[] {
  const target = rotation.targets[at] as RoutableTarget;
  return Array.from({ length: times }, () => noteFailure(rotation, target, now, options));
}

describe("a target that fails again and again", () => {
  it("is set aside after so many failures in a row, and has a turn again when its time is over", () => {
    const rotation = rotationOf(4);
    const now = monotonicNow();
    expect(fail(rotation, 1, 3, now)).toEqual([0, 0, 1_000]);

    const turns = Array.from({ length: 8 }, () => nextTarget(rotation)?.id);
    expect(turns).not.toContain("10.0.0.1");
    expect(new Set(turns).size).toBe(3);

    for (const { outcomes } of rotation.targets) outcomes.ejectedUntil = 0;
    rotation.ejectedUntil = 1;
    expect(Array.from({ length: 4 }, () => nextTarget(rotation)?.id)).toContain("10.0.0.1");
  });

  it("is set aside for longer at the first failure after that, up to six times as long", () => {
    const rotation = rotationOf(4);
    let now = monotonicNow();
    fail(rotation, 0, 3, now);
    const durations = Array.from({ length: 7 }, () => {
      now += 10_000;
      return fail(rotation, 0, 1, now)[0];
    });
    expect(durations).toEqual([2_000, 3_000, 4_000, 5_000, 6_000, 6_000, 6_000]);
  });

  it("begins anew after a success", () => {
    const rotation = rotationOf(4);
    const now = monotonicNow();
    fail(rotation, 0, 2, now);
    noteSuccess(rotation.targets[0] as RoutableTarget);
    expect(fail(rotation, 0, 3, now)).toEqual([0, 0, 1_000]);
  });

  it("stays where it would be the only one, or one of more than half", () => {
    expect(fail(rotationOf(1), 0, 10, 0)).toEqual(Array(10).fill(0));
    const rotation = rotationOf(3);
    expect(fail(rotation, 0, 3, 5)[2]).toBe(1_000);
    expect(fail(rotation, 1, 10, 5)).toEqual(Array(10).fill(0));
  });

  it("is never set aside where that is turned off", () => {
    const rotation = rotationOf(4);
    const target = rotation.targets[0] as RoutableTarget;
    const never = { outlierFailures: 0, outlierEjection: 1_000 };
    expect(Array.from({ length: 20 }, () => noteFailure(rotation, target, 1, never))).toEqual(Array(20).fill(0));
  });

  it("leaves somebody to call, whatever happens", () => {
    const events = fc.array(fc.tuple(fc.nat(7), fc.boolean()), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), events, (count, all) => {
        const rotation = rotationOf(count);
        const now = monotonicNow();
        for (const [at, isFailure] of all) {
          const target = rotation.targets[at % count] as RoutableTarget;
          if (isFailure) noteFailure(rotation, target, now, { outlierFailures: 2, outlierEjection: 60_000 });
          else noteSuccess(target);
        }
        const open = rotation.targets.filter(({ outcomes }) => outcomes.ejectedUntil <= now);
        expect(open.length * 2).toBeGreaterThanOrEqual(count);
        const turns = Array.from({ length: 2 * count }, () => nextTarget(rotation));
        expect(new Set(turns)).toEqual(new Set(open));
      }),
    );
  });
});
