import type { FailureCause } from "../failure.ts";
import type { TunnelEnd } from "./tunnel.ts";

/** What was wrong with a tunnel that ended so. Records have no reason for one that nobody used: the target counts as silent. */
export const tunnelFailures = {
  ended: undefined,
  cut: undefined,
  "client-gone": "clientGone",
  "target-gone": "targetClosed",
  idle: "targetTimeout",
  "too-old": "connectionTooOld",
} as const satisfies Record<TunnelEnd, FailureCause | undefined>;
