import { headerValue } from "@pergola/core";
import { NormalizedSchema } from "@smithy/core/schema";
import { type SchemaSource, structSchema } from "./define-schema.ts";
import { MalformedInput, parseBody } from "./read-input.ts";
import { readValue, type TypeFault } from "./read-value.ts";
import type { ApiRequest, ApiResponse, WireError } from "./rest-server.ts";
import { writeOutput } from "./write-output.ts";

/** An operation of an AWS JSON API. */
export interface JsonOperationSchema {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
}

/** What the server needs to know of an AWS JSON 1.1 API (`X-Amz-Target: Prefix.Operation`, JSON in and out). */
export interface JsonApi {
  readonly targetPrefix: string;
  readonly operations: readonly JsonOperationSchema[];
  /** Runs an operation. Whatever it throws goes to `toError`. */
  run(operation: string, input: Record<string, unknown>, request: ApiRequest, requestId: string): Promise<unknown>;
  toError(error: unknown, requestId: string): WireError;
  newRequestId(): string;
}

/** The header names no operation of the API. */
export class UnknownTarget extends Error {
  override readonly name = "UnknownTarget";
}

/** @returns an operation in the schema language of `define-schema.ts` */
export function defineJsonOperation(
  name: string,
  input: Readonly<Record<string, SchemaSource>>,
  output: Readonly<Record<string, SchemaSource>>,
): JsonOperationSchema {
  return {
    name,
    input: NormalizedSchema.of(structSchema(input)),
    output: NormalizedSchema.of(structSchema(output)),
  };
}

/** @returns the prefix of the target that a request names, or undefined when it is for no AWS JSON API */
export function targetPrefixOf({ method, target, rawHeaders }: ApiRequest): string | undefined {
  if (method !== "POST" || target !== "/") return undefined;
  const name = headerValue(rawHeaders, "x-amz-target");
  const dot = name?.lastIndexOf(".") ?? -1;
  return dot < 0 ? undefined : name?.slice(0, dot);
}

/** @returns a function that answers requests; it never rejects */
export function createJsonServer(api: JsonApi): (request: ApiRequest) => Promise<ApiResponse> {
  const operations = new Map(api.operations.map((operation) => [`${api.targetPrefix}.${operation.name}`, operation]));

  const answer = async (request: ApiRequest, requestId: string): Promise<ApiResponse> => {
    const target = headerValue(request.rawHeaders, "x-amz-target") ?? "";
    const operation = operations.get(target);
    if (operation === undefined) throw new UnknownTarget(`no operation has the target \`${target.slice(0, 200)}\``);
    const faults: TypeFault[] = [];
    const input = readValue(operation.input, parseBody(request.body), "", faults);
    if (faults.length > 0) throw new MalformedInput("members of the wrong type", faults);
    const output = await api.run(operation.name, input as Record<string, unknown>, request, requestId);
    return respond(200, writeOutput(operation.output, output ?? {}), requestId);
  };

  return async (request) => {
    const requestId = api.newRequestId();
    try {
      return await answer(request, requestId);
    } catch (error) {
      const { name, status, body } = api.toError(error, requestId);
      return respond(status, { __type: name, ...body }, requestId, { "x-amzn-errortype": name });
    }
  };
}

function respond(
  status: number,
  body: unknown,
  requestId: string,
  more: Readonly<Record<string, string>> = {},
): ApiResponse {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": requestId, ...more };
  return { status, headers, body: JSON.stringify(body) };
}
