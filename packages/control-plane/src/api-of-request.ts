import { acmTargetPrefix } from "./acm/acm.ts";
import { targetPrefixOf } from "./protocol/json-server.ts";
import type { ApiRequest } from "./protocol/rest-server.ts";
import { isRamRequest } from "./ram/ram.ts";
import { taggingTargetPrefix } from "./tagging/tagging.ts";

/** The APIs that share the control plane's address, by the service name that their clients sign for. */
export type ApiName = "vpc-lattice" | "tagging" | "acm" | "ram";

const targets: Readonly<Record<string, ApiName>> = { [taggingTargetPrefix]: "tagging", [acmTargetPrefix]: "acm" };

/** @returns which API a request is for; a host that verifies signatures expects them for this service */
export function apiOfRequest(request: ApiRequest): ApiName {
  if (isRamRequest(request)) return "ram";
  const prefix = targetPrefixOf(request) ?? "";
  return (Object.hasOwn(targets, prefix) ? targets[prefix] : undefined) ?? "vpc-lattice";
}
