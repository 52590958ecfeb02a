import { describe, expect, it } from "vitest";
import { afterProbe, type ProbeState } from "./probe-state.ts";

const letters = { INITIAL: "I", HEALTHY: "H", UNHEALTHY: "U" } as const;

describe("a target's status", () => {
  // `probes`: + a pass, - a failure; `seen`: the status after each. Thresholds: 3 passes, 2 failures.
  it.each([
    { name: "a new target is healthy after a single pass", from: "INITIAL", probes: "+", seen: "H" },
    { name: "a new target stays initial below the threshold", from: "INITIAL", probes: "-", seen: "I" },
    { name: "a new target that never passes becomes unhealthy", from: "INITIAL", probes: "---", seen: "IUU" },
    { name: "a new target may fail first", from: "INITIAL", probes: "-+", seen: "IH" },
    { name: "failures before the first pass do not count after it", from: "INITIAL", probes: "-+-+", seen: "IHHH" },
    { name: "one failure is forgiven", from: "HEALTHY", probes: "-+-+-+", seen: "HHHHHH" },
    { name: "failures in a row are not", from: "HEALTHY", probes: "+--", seen: "HHU" },
    {
      name: "an unhealthy target needs its passes in a row",
      from: "UNHEALTHY",
      probes: "++-++-+++",
      seen: "UUUUUUUUH",
    },
    { name: "a pass too few is not enough", from: "UNHEALTHY", probes: "++", seen: "UU" },
    { name: "after coming back, failures count anew", from: "UNHEALTHY", probes: "-+++-+--", seen: "UUUHHHHU" },
    { name: "more failures change nothing", from: "UNHEALTHY", probes: "-----+++", seen: "UUUUUUUH" },
  ] as const)("$name", ({ from, probes, seen }) => {
    let state: ProbeState = { status: from, against: 0 };
    const statuses = [...probes].map((probe) => {
      state = afterProbe(state, probe === "+", { healthy: 3, unhealthy: 2 });
      return letters[state.status];
    });

    expect(statuses.join("")).toBe(seen);
  });
});
