import { NormalizedSchema } from "@smithy/core/schema";
import { readForm } from "./read-form.ts";
import type { ApiRequest, ApiResponse, WireError } from "./rest-server.ts";
import { escapeXml, writeXml } from "./write-xml.ts";

/** What the server needs to know of an AWS query API (`Action=…` forms in, XML out). */
export interface QueryApi {
  /** The namespace object of the SDK client package. */
  readonly client: Readonly<Record<string, unknown>>;
  /** XML namespace of answers. */
  readonly namespace: string;
  /** Runs an operation. Whatever it throws goes to `toError`. */
  run(
    action: string,
    input: Record<string, unknown>,
    request: ApiRequest,
    requestId: string,
  ): Promise<Record<string, unknown>>;
  toError(error: unknown, requestId: string): WireError;
  newRequestId(): string;
}

/** The form names no operation of the API. */
export class UnknownAction extends Error {
  override readonly name = "UnknownAction";
}

type SchemaSource = Parameters<typeof NormalizedSchema.of>[0];

/** @returns a function that answers requests; it never rejects */
export function createQueryServer(api: QueryApi): (request: ApiRequest) => Promise<ApiResponse> {
  const answer = async (request: ApiRequest, requestId: string): Promise<ApiResponse> => {
    const form = new URLSearchParams(Buffer.from(request.body).toString("utf8"));
    const action = form.get("Action") ?? "";
    const schema = Object.hasOwn(api.client, `${action}$`)
      ? (api.client[`${action}$`] as readonly unknown[])
      : undefined;
    if (schema?.[0] !== 9) throw new UnknownAction(`no operation has the name \`${action.slice(0, 100)}\``);
    const input = readForm(NormalizedSchema.of(schema[4] as SchemaSource), form);
    const output = await api.run(action, input, request, requestId);
    const result = writeXml(NormalizedSchema.of(schema[5] as SchemaSource), output);
    const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    const body = `<${action}Response xmlns="${api.namespace}"><${action}Result>${result}</${action}Result>${metadata}</${action}Response>`;
    return respond(200, body, requestId);
  };

  return async (request) => {
    const requestId = api.newRequestId();
    try {
      return await answer(request, requestId);
    } catch (error) {
      return failure(api, api.toError(error, requestId), requestId);
    }
  };
}

function failure({ namespace }: QueryApi, { name, status, body }: WireError, requestId: string): ApiResponse {
  const type = status < 500 ? "Sender" : "Receiver";
  const message = escapeXml(String(body.message ?? ""));
  const error = `<Error><Type>${type}</Type><Code>${name}</Code><Message>${message}</Message></Error>`;
  return respond(
    status,
    `<ErrorResponse xmlns="${namespace}">${error}<RequestId>${requestId}</RequestId></ErrorResponse>`,
    requestId,
  );
}

function respond(status: number, body: string, requestId: string): ApiResponse {
  return { status, headers: { "content-type": "text/xml", "x-amzn-requestid": requestId }, body };
}
