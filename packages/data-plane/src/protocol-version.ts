import type { Call } from "./call.ts";
import type { FailureCause } from "./failure.ts";

/** @returns whether the targets of a call's group speak HTTP/2 */
export function speaksHttp2({ targetGroup }: Call): boolean {
  const version = targetGroup?.config.protocolVersion;
  return version === "HTTP2" || version === "GRPC";
}

/**
 * Which requests a target group of a protocol version takes. Source: VPC Lattice user guide, target groups, "Protocol version", read
 * 2026-11: HTTP1 takes all but gRPC, HTTP2 those of HTTP/2, GRPC those of HTTP/2 with POST.
 * @returns what is wrong, undefined when they fit
 */
export function versionFault(call: Call): FailureCause | undefined {
  const { exchange, targetGroup } = call;
  if (targetGroup?.config.protocol === "TCP") return "versionMismatch";
  const isHttp2 = exchange.head.protocol === "HTTP/2";
  if (!speaksHttp2(call)) return isHttp2 && call.isGrpc ? "grpcMismatch" : undefined;
  if (!isHttp2) return "versionMismatch";
  return targetGroup?.config.protocolVersion === "GRPC" && exchange.head.method !== "POST" ? "notPost" : undefined;
}
