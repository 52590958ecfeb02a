import type { FailureReason } from "@pergola/core";
import { grpcStatus } from "./grpc/grpc-status.ts";

/** Everything that can go wrong with a request, beside policies. */
export type FailureCause = keyof typeof failures;

export interface Failure {
  readonly status: number;
  readonly reason: FailureReason;
  /** The answer's body. Says nothing about addresses, configuration or causes inside. */
  readonly text: string;
  /** The status that calls of gRPC get, where it does not follow from `status`. */
  readonly grpc?: number;
}

/**
 * The one table from what went wrong to what the client gets and what the access record says.
 * Source: VPC Lattice user guide, access logs and troubleshooting, read 2026-11; where it is silent (504, 413, 421) the
 * status is the one that HTTP gives to the case.
 */
export const failures = {
  malformedRequest: { status: 400, reason: "ClientProtocolError", text: "Bad Request" },
  upgradeNotSupported: {
    status: 501,
    reason: "ClientProtocolError",
    text: "Not Implemented: only targets of HTTP/1.1 can go over to another protocol",
  },
  upgradeWithBody: { status: 400, reason: "ClientProtocolError", text: "Bad Request: an upgrade cannot have a body" },
  expectationFailed: { status: 417, reason: "ClientProtocolError", text: "Expectation Failed" },
  requestTooLarge: { status: 413, reason: "ClientProtocolError", text: "Request body is too large for a function" },
  /** Source: VPC Lattice quotas name the reason; its status is documented nowhere. */
  rateExceeded: { status: 429, reason: "ClientRateLimited", text: "Too Many Requests" },
  unknownService: { status: 404, reason: "ClientProtocolError", text: "Not Found" },
  notAssociated: { status: 404, reason: "ClientAccessDenied", text: "Not Found" },
  badSignature: { status: 403, reason: "ClientAccessDenied", text: "Forbidden" },
  accessDenied: { status: 403, reason: "ClientAccessDenied", text: "Forbidden" },
  /** Sent to nobody: only recorded. Source: VPC Lattice user guide, 400 for a client that closed before the end. */
  clientGone: { status: 400, reason: "ClientConnectionClosed", text: "Bad Request" },
  connectionTooOld: { status: 408, reason: "ConnectionDurationExceeded", text: "Request Timeout" },
  noTarget: { status: 503, reason: "TargetConnectionError", text: "Service Unavailable: no target" },
  targetBusy: {
    status: 503,
    reason: "TargetConnectionError",
    text: "Service Unavailable: too many requests to a target",
  },
  targetUnreachable: {
    status: 500,
    reason: "TargetConnectionError",
    text: "Internal Server Error: target not reachable",
    grpc: grpcStatus.unavailable,
  },
  targetClosed: { status: 502, reason: "TargetConnectionClosed", text: "Bad Gateway: target closed the connection" },
  targetProtocol: {
    status: 502,
    reason: "TargetProtocolError",
    text: "Bad Gateway: invalid response from target",
    grpc: grpcStatus.internal,
  },
  versionMismatch: {
    status: 502,
    reason: "TargetProtocolError",
    text: "Bad Gateway: a target group of this protocol version cannot answer an HTTP/1.1 request",
  },
  grpcMismatch: {
    status: 502,
    reason: "TargetProtocolError",
    text: "Bad Gateway: a target group of protocol version HTTP1 cannot answer gRPC",
    grpc: grpcStatus.unimplemented,
  },
  notPost: {
    status: 400,
    reason: "ClientProtocolError",
    text: "Bad Request: a target group of protocol version GRPC takes POST requests only",
  },
  deadlineExceeded: {
    status: 504,
    reason: "TargetDataTimeout",
    text: "Gateway Timeout: the deadline of the call has passed",
  },
  targetTimeout: { status: 504, reason: "TargetDataTimeout", text: "Gateway Timeout" },
  functionFailed: { status: 502, reason: "TargetProtocolError", text: "Bad Gateway: function failed" },
  functionNotRun: { status: 502, reason: "TargetConnectionError", text: "Bad Gateway: function could not be invoked" },
  configurationUnavailable: { status: 503, reason: "InternalError", text: "Service Unavailable" },
  internal: { status: 500, reason: "InternalError", text: "Internal Server Error" },
} as const satisfies Record<string, Failure>;
