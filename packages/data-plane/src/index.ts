export { createDataPlane, type DataPlane } from "./data-plane.ts";
export type { PortServer } from "./http/port-server.ts";
export type { Metrics } from "./metrics.ts";
export type { DataPlaneOptions, DataPlanePorts, RecentRecords } from "./ports.ts";
