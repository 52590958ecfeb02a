import type { TargetDirectory, TargetGroupSnapshot } from "@pergola/core";
import type { RoutableTarget } from "./configuration/compile-targets.ts";

/** Where connections to a target go. */
export interface TargetAddress {
  /** A name or address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** @returns where a target of a group is, or undefined when nobody knows where its instance or load balancer is */
export function addressOf(
  { type, config }: Pick<TargetGroupSnapshot, "type" | "config">,
  { id, port }: RoutableTarget,
  targets: TargetDirectory,
): TargetAddress | undefined {
  const address = type === "INSTANCE" || type === "ALB" ? targets.addressOf({ type, id }) : id;
  if (address === undefined) return undefined;
  return {
    host: address.startsWith("[") ? address.slice(1, -1) : address,
    port: port ?? config.port ?? (config.protocol === "HTTPS" ? 443 : 80),
  };
}

/** @returns an address and a port as records show them, IPv6 in brackets */
export function addressText({ host, port }: TargetAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
