import type { TargetDirectory, TargetGroupSnapshot } from "@pergola/core";
import type { Call } from "./call.ts";
import type { CompiledService } from "./configuration/compile-service.ts";
import type { RoutableTarget } from "./configuration/compile-targets.ts";
import { addressOf, type TargetAddress } from "./target-address.ts";

/** Where a connection goes. */
export interface TargetOrigin extends TargetAddress {
  /** Server name for TLS; plain TCP without one. */
  readonly serverName: string | undefined;
}

/** @returns where the target of a call is; undefined when nobody knows */
export function originOf({ targetGroup, target, service }: Call, targets: TargetDirectory): TargetOrigin | undefined {
  const address = addressOf(targetGroup as TargetGroupSnapshot, target as RoutableTarget, targets);
  if (address === undefined) return undefined;
  const { snapshot } = service as CompiledService;
  const isTls = targetGroup?.config.protocol === "HTTPS";
  return { ...address, serverName: isTls ? (snapshot.customDomainName ?? snapshot.domainName) : undefined };
}

/** @returns the same text for origins that can share connections */
export function originKey({ host, port, serverName }: TargetOrigin): string {
  return `${host} ${port} ${serverName ?? ""}`;
}
