export { type ControlPlane, type ControlPlaneOptions, createControlPlane, latticeOperations } from "./control-plane.ts";
export type { ControlPlanePorts, ControlPlaneSettings } from "./operation.ts";
export { operations } from "./operations.ts";
export type { ApiRequest, ApiResponse } from "./protocol/rest-server.ts";
