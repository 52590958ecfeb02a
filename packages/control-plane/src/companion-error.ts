import { type ErrorCode, LatticeError, type Logger } from "@pergola/core";
import { NotImplemented, notImplemented } from "./not-implemented.ts";
import { UnknownTarget } from "./protocol/json-server.ts";
import { MalformedInput } from "./protocol/read-input.ts";
import { UnknownOperation, type WireError } from "./protocol/rest-server.ts";

/** What another AWS API calls the errors that operations throw. */
export interface ErrorNames extends Partial<Readonly<Record<ErrorCode, readonly [name: string, status: number]>>> {
  readonly InternalServerException: readonly [name: string, status: number];
  /** For every code that is not named. */
  readonly otherwise: readonly [name: string, status: number];
}

/** @returns how exceptions look to clients of an API with these names; what is nobody's mistake but Pergola's is logged */
export function createErrorWriter(names: ErrorNames, logger: Logger): (error: unknown, requestId: string) => WireError {
  return (error, requestId) => {
    if (error instanceof LatticeError) {
      const [name, status] = names[error.code] ?? names.otherwise;
      return { name, status, body: { message: error.message } };
    }
    if (error instanceof UnknownTarget)
      return { name: "UnknownOperationException", status: 400, body: { message: error.message } };
    if (error instanceof UnknownOperation)
      return { name: "UnknownOperationException", status: 404, body: { message: error.message } };
    if (error instanceof NotImplemented) return notImplemented(error);
    if (error instanceof MalformedInput) {
      const detail = error.faults.map(({ path, expected }) => `${path} must be ${expected}`).join("; ");
      return { name: "SerializationException", status: 400, body: { message: detail || error.message } };
    }
    logger.error("a request failed", { requestId, error });
    const [name, status] = names.InternalServerException;
    return { name, status, body: { message: `internal error, request id ${requestId}` } };
  };
}
