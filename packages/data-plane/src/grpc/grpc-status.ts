import type { Answer } from "../call.ts";

/** Source: gRPC, "Status codes and their use in gRPC". */
export const grpcStatus = {
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

const unknown = 2;

/** Source: gRPC, "HTTP to gRPC status code mapping"; 504 is what this server says of a target that kept silent for too long. */
const byHttpStatus: Readonly<Record<number, number>> = {
  400: grpcStatus.internal,
  401: 16,
  403: grpcStatus.permissionDenied,
  404: grpcStatus.unimplemented,
  413: grpcStatus.resourceExhausted,
  429: grpcStatus.unavailable,
  501: grpcStatus.unimplemented,
  502: grpcStatus.unavailable,
  503: grpcStatus.unavailable,
  504: grpcStatus.deadlineExceeded,
};

/** @returns how a call of gRPC learns of an answer of the data plane's own */
export function grpcStatusOf({ status, grpc }: Answer): number {
  return grpc ?? byHttpStatus[status] ?? unknown;
}

/** @returns `grpc-status` and `grpc-message`, the latter percent-encoded as gRPC over HTTP/2 wants, names and values in turn */
export function statusFields(status: number, message: string): string[] {
  const encoded = message.toWellFormed().replace(/[^\x20-\x7e]+|%/g, (text) => encodeURIComponent(text));
  return ["grpc-status", String(status), "grpc-message", encoded];
}
