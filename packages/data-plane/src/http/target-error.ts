import type { FailureCause } from "../failure.ts";

/** Codes of errors that happen before a connection stands. */
const connectErrors = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "EHOSTDOWN",
  "EADDRNOTAVAIL",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
]);

const closedErrors = new Set([
  "UND_ERR_SOCKET",
  "ECONNRESET",
  "EPIPE",
  "UND_ERR_DESTROYED",
  "UND_ERR_CLOSED",
  "UND_ERR_INFO",
]);

const timeoutErrors = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);

/** Parts of the request that node:http lets through and undici refuses to send. */
const invalidErrors = new Set(["UND_ERR_INVALID_ARG", "UND_ERR_NOT_SUPPORTED", "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"]);

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

/** @returns whether no connection came about, so that nothing can have been sent */
export function neverConnected(error: Error): boolean {
  return connectErrors.has(codeOf(error));
}

/**
 * @returns whether a kept connection was closed by the target before it answered anything: a close that crossed with the
 * request. A first request on a new connection does not count: there the target has closed because of the request.
 */
export function isStaleConnection(error: Error): boolean {
  if (!closedErrors.has(codeOf(error))) return false;
  const socket = "socket" in error ? (error.socket as { bytesRead?: number } | null) : null;
  return (socket?.bytesRead ?? 0) > 0;
}

/**
 * @param connected whether the request was handed to a connection
 * @returns what went wrong, in the terms of answers and access records
 */
export function failureOf(error: Error, connected: boolean): FailureCause {
  const code = codeOf(error);
  if (timeoutErrors.has(code)) return "targetTimeout";
  if (invalidErrors.has(code)) return "malformedRequest";
  if (!connected) return "targetUnreachable";
  return closedErrors.has(code) ? "targetClosed" : "targetProtocol";
}
