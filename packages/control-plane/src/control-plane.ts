import * as latticeClient from "@aws-sdk/client-vpc-lattice";
import { type Caller, errorStatus, LatticeError, StoreWriteError } from "@pergola/core";
import { createAcm } from "./acm/acm.ts";
import { type ApiName, apiOfRequest } from "./api-of-request.ts";
import { NotImplemented, notImplemented } from "./not-implemented.ts";
import type { ControlPlanePorts } from "./operation.ts";
import { operations } from "./operations.ts";
import { pergolaOperationSchemas, pergolaOperations } from "./pergola-api.ts";
import { readOperationSchemas } from "./protocol/operation-schema.ts";
import { MalformedInput } from "./protocol/read-input.ts";
import {
  type ApiRequest,
  type ApiResponse,
  createRestServer,
  UnknownOperation,
  type WireError,
} from "./protocol/rest-server.ts";
import { createRam } from "./ram/ram.ts";
import { runOperation } from "./run-operation.ts";
import { createTagging } from "./tagging/tagging.ts";
import { createWriteQueue } from "./write-queue.ts";

/** Operations of VPC Lattice, as AWS's own client describes them. */
export const latticeOperations = readOperationSchemas(latticeClient);

export interface ControlPlaneOptions extends ControlPlanePorts {
  /** Who sent a request: account by its access key, region by its credential scope; principal and key only where they are verified. */
  callerOf(rawHeaders: readonly string[]): Omit<Caller, "requestId">;
}

export interface ControlPlane {
  /** Answers one request of VPC Lattice's API, Pergola's own or one of the companions'; never rejects. */
  handle(request: ApiRequest): Promise<ApiResponse>;
}

/** @returns the control plane on these ports */
export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  const queue = createWriteQueue(options.store);
  const callerOf = ({ rawHeaders }: ApiRequest, requestId: string): Caller => ({
    ...options.callerOf(rawHeaders),
    requestId,
  });
  const lattice = createRestServer({
    operations: [...latticeOperations, ...pergolaOperationSchemas],
    newRequestId: () => options.ids.requestId(),
    run: async (name, input, request, requestId) => {
      const operation = operations[name] ?? pergolaOperations[name];
      if (operation === undefined) throw new NotImplemented(name);
      return runOperation(name, operation, input, callerOf(request, requestId), options, queue);
    },
    toError: (error, requestId) => toWireError(error, requestId, options.logger),
  });
  const apis: Readonly<Record<ApiName, (request: ApiRequest) => Promise<ApiResponse>>> = {
    "vpc-lattice": lattice,
    tagging: createTagging(options, queue, callerOf),
    acm: createAcm(options, queue, callerOf),
    ram: createRam(options, queue, callerOf),
  };
  return { handle: (request) => apis[apiOfRequest(request)](request) };
}

function toWireError(error: unknown, requestId: string, logger: ControlPlanePorts["logger"]): WireError {
  if (error instanceof LatticeError) {
    const retry = error.code === "ThrottlingException" ? { retryAfterSeconds: 1 } : {};
    return {
      name: error.code,
      status: errorStatus[error.code],
      body: { message: error.message, ...error.fields },
      ...retry,
    };
  }
  if (error instanceof UnknownOperation) {
    const body = { message: error.message, reason: "unknownOperation" };
    return { name: "UnknownOperationException", status: 404, body };
  }
  if (error instanceof MalformedInput) return malformed(error);
  if (error instanceof NotImplemented) return notImplemented(error);
  logger.error("a control plane request failed", { requestId, error });
  if (error instanceof StoreWriteError) return notSaved(error, requestId);
  return { name: "InternalServerException", status: 500, body: { message: `internal error, request id ${requestId}` } };
}

/** Whoever asked can do nothing but tell the operator, and try again when there is room. */
function notSaved({ cause }: StoreWriteError, requestId: string): WireError {
  const reason = cause instanceof Error ? cause.message : "the store refuses";
  const message = `the change could not be saved, and nothing was changed: ${reason}; request id ${requestId}`;
  return { name: "InternalServerException", status: 500, body: { message }, retryAfterSeconds: 5 };
}

function malformed({ message, faults }: MalformedInput): WireError {
  const fieldList = faults.map(({ path, expected }) => ({ name: path, message: `must be ${expected}` }));
  const detail = fieldList.map((field) => `${field.name} ${field.message}`).join("; ");
  const body = {
    message: detail === "" ? message : `${message}: ${detail}`,
    reason: "cannotParse",
    ...(faults.length > 0 ? { fieldList } : {}),
  };
  return { name: "ValidationException", status: 400, body };
}
