import type { Clock, Ids } from "./ports.ts";

// Not imported: docs/lambda.md, "Bundles".
const { randomBytes, randomUUID } = process.getBuiltinModule("node:crypto");

/** The machine's clock. */
export const systemClock: Clock = { now: () => new Date() };

/** Ids from the system's secure random source. Real Lattice ids are hex and begin with 0. */
export const systemIds: Ids = {
  resourceId: (prefix) => `${prefix}-0${randomBytes(8).toString("hex")}`,
  requestId: randomUUID,
};
