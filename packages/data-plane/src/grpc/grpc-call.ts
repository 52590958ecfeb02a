import { headerValue, type RequestHead } from "@pergola/core";

/** `application/grpc`, `application/grpc+proto`; gRPC-Web is another protocol. Source: gRPC over HTTP/2, "Requests". */
const grpcType = /^application\/grpc(?:$|[+;])/i;

/** @returns whether a request is a call of gRPC: its errors are told by `grpc-status`, since its clients look at nothing else */
export function isGrpc({ protocol, rawHeaders }: RequestHead): boolean {
  return protocol === "HTTP/2" && grpcType.test(headerValue(rawHeaders, "content-type") ?? "");
}

/** Source: gRPC over HTTP/2, "Timeout": at most eight digits and a unit. */
const timeout = /^([0-9]{1,8})([HMSmun])$/;
const milliseconds = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 } as const;

/** Timers of Node know no longer time; no connection lives as long. */
const longest = 2 ** 31 - 1;

/**
 * @returns milliseconds after which nobody waits for the answer to a call any more, rounded up; undefined where `grpc-timeout` is absent, malformed
 * or further away than any connection lives
 */
export function deadlineOf({ rawHeaders }: RequestHead): number | undefined {
  const match = timeout.exec(headerValue(rawHeaders, "grpc-timeout") ?? "");
  if (match === null) return undefined;
  const time = Math.ceil(Number(match[1]) * milliseconds[match[2] as keyof typeof milliseconds]);
  return time > longest ? undefined : time;
}

/** @returns the status in a response's headers or trailers, undefined without one that is a number */
export function grpcStatusIn(rawHeaders: readonly string[]): number | undefined {
  const status = headerValue(rawHeaders, "grpc-status");
  return status !== undefined && /^[0-9]{1,3}$/.test(status) ? Number(status) : undefined;
}
