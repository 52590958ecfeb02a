import type { Readable } from "node:stream";

/** An error that the host itself answers with, before or instead of the control plane. */
export interface ApiError {
  readonly status: number;
  /** `x-amzn-errortype`. */
  readonly type: string;
  readonly message: string;
}

/** A body that goes on until its reader leaves, or the server asks it to `end`. */
export type EndlessBody = Readable & { end(): void };

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | EndlessBody;
}

/** A response whose body is all there. */
export type TextResponse = ApiResponse & { readonly body: string };

/** @returns the error as AWS's REST JSON protocol writes it; `message` is read by the caller and must hold no secret */
export function errorResponse({ status, type, message }: ApiError, requestId: string): ApiResponse {
  return {
    status,
    headers: { "content-type": "application/json", "x-amzn-errortype": type, "x-amzn-requestid": requestId },
    body: JSON.stringify({ message }),
  };
}

/** @returns a JSON answer of Pergola's own routes */
export function jsonResponse(status: number, value: unknown): TextResponse {
  return {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: JSON.stringify(value),
  };
}
