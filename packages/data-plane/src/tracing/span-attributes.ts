import { type Attributes, SpanStatusCode } from "@opentelemetry/api";
import type { Call } from "../call.ts";
import type { TracingHost } from "./tracing-host.ts";

/** Others may be anything: names of spans and values of `http.request.method` have to be few. Source: semantic conventions for HTTP spans. */
const methods = new Set(["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"]);

/** Characters of an attribute: spans wait in memory. */
const maxLength = 1_024;

/** @returns the span's name */
export function spanName(method: string): string {
  return methods.has(method) ? method : "HTTP";
}

/** @returns what a span says of a request that is over: the semantic conventions' attributes for servers of HTTP, and Pergola's own */
export function spanAttributes(call: Call, headerValue: TracingHost["headerValue"]): Attributes {
  const { exchange, status, failure, grpcStatus } = call;
  const { head, connection } = exchange;
  return {
    ...methodAttributes(head.method),
    "url.scheme": connection.tls === undefined ? "http" : "https",
    "url.path": bounded(head.path),
    "server.address": bounded(head.host),
    "server.port": connection.listenerPort,
    "network.protocol.version": head.protocol.slice("HTTP/".length),
    "network.peer.address": connection.peerAddress,
    "network.peer.port": connection.peerPort,
    "user_agent.original": optional(headerValue(head.rawHeaders, "user-agent")),
    "http.response.status_code": status > 0 ? status : undefined,
    "error.type": isError(call) ? (failure === "-" ? String(status) : failure) : undefined,
    "rpc.grpc.status_code": grpcStatus === "-" ? undefined : grpcStatus,
    ...latticeAttributes(call),
  };
}

/** @returns the span's status: the server's failures are errors, a client's are not */
export function spanStatus(call: Call): { readonly code: SpanStatusCode } {
  return { code: isError(call) ? SpanStatusCode.ERROR : SpanStatusCode.UNSET };
}

function isError({ status }: Call): boolean {
  return status >= 500;
}

function methodAttributes(method: string): Attributes {
  if (methods.has(method)) return { "http.request.method": method };
  return { "http.request.method": "_OTHER", "http.request.method_original": bounded(method) };
}

/** What requests and connections say alike. */
type Routed = Pick<
  Call,
  "service" | "network" | "targetGroup" | "targetAddress" | "failure" | "authDeniedReason" | "requestId"
>;

/** @returns where it went, and why not */
export function latticeAttributes(routed: Routed): Attributes {
  const { service, network, targetGroup, targetAddress, failure, authDeniedReason, requestId } = routed;
  return {
    "aws.request_id": bounded(requestId),
    "aws.lattice.service.id": service?.snapshot.serviceId,
    "aws.lattice.service_network.id": network?.snapshot.networkId,
    "aws.lattice.target_group.id": targetGroup?.id,
    "aws.lattice.target.address": known(targetAddress),
    "aws.lattice.failure_reason": known(failure),
    "aws.lattice.auth_denied_reason": known(authDeniedReason),
  };
}

function known(text: string): string | undefined {
  return text === "-" ? undefined : text;
}

function optional(text: string | undefined): string | undefined {
  return text === undefined ? undefined : bounded(text);
}

/** A copy where it is cut: a part of the text would keep all of it in memory. */
export function bounded(text: string): string {
  if (text.length <= maxLength) return text;
  return Buffer.from(text.slice(0, maxLength), "latin1").toString("latin1");
}
