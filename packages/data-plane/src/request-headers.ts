import { vpcArn } from "@pergola/core";
import type { Call } from "./call.ts";
import { dropsFromRequest, namedByConnection } from "./header-names.ts";
import { identityHeaders } from "./identity-headers.ts";
import type { RequestSpan } from "./tracing/request-tracing.ts";

/**
 * The headers that a target gets: the client's in their order and spelling, without hop-by-hop ones and without everything that
 * a target would take for a statement of the network, and then the network's own.
 * Source: VPC Lattice user guide, "HTTP headers", read 2026-11.
 * @returns names and values in turn
 */
export function requestHeaders(call: Call): string[] {
  const { span, exchange } = call;
  const { head, connection } = exchange;
  const { rawHeaders } = head;
  const named = namedByConnection(rawHeaders);
  const out: string[] = [];
  let forwardedFor = "";
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const value = rawHeaders[i + 1] as string;
    if (named?.has(name.toLowerCase()) === true) continue;
    if (name.length === forwardedForName.length && name.toLowerCase() === forwardedForName) {
      forwardedFor += `${value}, `;
      continue;
    }
    if (span !== undefined && isTraceContext(name, span)) continue;
    if (!dropsFromRequest(name, value)) out.push(name, value);
  }
  out.push(forwardedForName, forwardedFor + connection.peerAddress);
  out.push("x-forwarded-port", String(connection.listenerPort));
  out.push("x-forwarded-proto", connection.tls === undefined ? "http" : "https");
  if (span !== undefined) out.push("traceparent", span.traceparent);
  out.push("x-amzn-requestid", call.requestId, ...networkHeaders(call));
  return out;
}

const forwardedForName = "x-forwarded-for";

/** @returns whether a header gives way to the span's own context */
function isTraceContext(name: string, { isContinued }: RequestSpan): boolean {
  const lower = name.toLowerCase();
  return lower === "traceparent" || (lower === "tracestate" && !isContinued);
}

/** @returns what the network says of caller, VPC and target, names and values in turn */
export function networkHeaders({ service, network, sourceVpc, targetGroup, principal }: Call): string[] {
  const out: string[] = [];
  if (principal.kind === "aws") {
    const { identity, tags } = identityHeaders(principal);
    out.push("x-amzn-lattice-identity", identity);
    if (tags !== undefined) out.push("x-amzn-lattice-identity-tags", tags);
  }
  if (sourceVpc !== undefined && service !== undefined) {
    out.push(
      "x-amzn-lattice-network",
      `SourceVpcArn=${vpcArn(service.snapshot.region, sourceVpc.account, sourceVpc.vpcId)}`,
    );
    out.push("x-amzn-source-vpc", sourceVpc.vpcId);
  }
  if (service !== undefined && network !== undefined && targetGroup !== undefined) {
    out.push(
      "x-amzn-lattice-target",
      `ServiceArn=${service.snapshot.arn}; ServiceNetworkArn=${network.snapshot.arn}; TargetGroupArn=${targetGroup.arn}`,
    );
  }
  return out;
}
