import type { OperationSchema } from "./operation-schema.ts";
import { MalformedInput, readInput } from "./read-input.ts";
import { createRouter } from "./route.ts";
import { writeOutput } from "./write-output.ts";

/** A request of the control plane, as a host received it. */
export interface ApiRequest {
  readonly method: string;
  /** Raw path and query. */
  readonly target: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

export interface ApiResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** `""` for none. */
  readonly body: string;
}

/** An error as it goes over the wire: name, status and the members of its body. */
export interface WireError {
  readonly name: string;
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number;
}

/** What the server needs to know of the API it serves; it has no words of any one API. */
export interface RestApi {
  readonly operations: readonly OperationSchema[];
  /** Runs an operation. Whatever it throws goes to `toError`. */
  run(operation: string, input: Record<string, unknown>, request: ApiRequest, requestId: string): Promise<unknown>;
  /** What an exception of `run` or of the protocol looks like to the client. */
  toError(error: unknown, requestId: string): WireError;
  newRequestId(): string;
}

/** No operation has this method and path. */
export class UnknownOperation extends Error {
  override readonly name = "UnknownOperation";
}

/** @returns a function that answers requests; it never rejects */
export function createRestServer(api: RestApi): (request: ApiRequest) => Promise<ApiResponse> {
  const route = createRouter(api.operations);

  const answer = async (request: ApiRequest, requestId: string): Promise<ApiResponse> => {
    const mark = request.target.indexOf("?");
    const path = mark < 0 ? request.target : request.target.slice(0, mark);
    requireEncoding(path);
    const match = route(request.method, path);
    if (match === undefined)
      throw new UnknownOperation(`no operation has the method and path \`${request.method} ${clip(path)}\``);
    const input = readInput(match, mark < 0 ? "" : request.target.slice(mark + 1), request.body);
    const output = await api.run(match.operation.name, input, request, requestId);
    return success(match.operation, output, requestId);
  };

  return async (request) => {
    const requestId = api.newRequestId();
    try {
      return await answer(request, requestId);
    } catch (error) {
      return failure(api.toError(error, requestId), requestId);
    }
  };
}

function requireEncoding(path: string): void {
  try {
    decodeURIComponent(path);
  } catch (cause) {
    throw new MalformedInput("the path is not valid percent-encoded UTF-8", [], { cause });
  }
}

function clip(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

function success(operation: OperationSchema, output: unknown, requestId: string): ApiResponse {
  const status = operation.successStatus;
  const headers = { "x-amzn-requestid": requestId };
  if (status === 204) return { status, headers, body: "" };
  const body = JSON.stringify(writeOutput(operation.output, output ?? {}));
  return { status, headers: { ...headers, "content-type": "application/json" }, body };
}

function failure(error: WireError, requestId: string): ApiResponse {
  const retry = error.retryAfterSeconds === undefined ? {} : { "retry-after": String(error.retryAfterSeconds) };
  return {
    status: error.status,
    headers: {
      "content-type": "application/json",
      "x-amzn-errortype": error.name,
      "x-amzn-requestid": requestId,
      ...retry,
    },
    body: JSON.stringify(error.body),
  };
}

export { MalformedInput };
