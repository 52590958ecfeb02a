import { dropsFromResponse } from "../header-names.ts";

/** A function's answer, checked. */
export interface FunctionResponse {
  readonly status: number;
  /** Names and values in turn, without framing. */
  readonly rawHeaders: string[];
  readonly body: Buffer;
}

/** Bytes of JSON. Source: VPC Lattice user guide, "Lambda functions as targets" (6 MB), read 2026-11. */
const maxFunctionPayload = 6 * 1024 * 1024;

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// Everything but control characters; a line break here would let a function, or whom it quotes, write a second response.
const headerText = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * @param payload what the function returned
 * @returns the answer in it, or what is wrong with it
 */
export function parseFunctionResponse(payload: Uint8Array): FunctionResponse | string {
  if (payload.length > maxFunctionPayload) return "response is too large";
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch {
    return "response is no JSON";
  }
  if (!isObject(value)) return "response is no object";
  const { statusCode, headers, body, isBase64Encoded } = value;
  if (!Number.isInteger(statusCode) || Number(statusCode) < 200 || Number(statusCode) > 599) {
    return "statusCode is no integer from 200 to 599";
  }
  if (body !== undefined && body !== null && typeof body !== "string") return "body is no string";
  const rawHeaders = parseHeaders(headers ?? {});
  if (typeof rawHeaders === "string") return rawHeaders;
  const encoding = isBase64Encoded === true ? "base64" : "utf8";
  return { status: Number(statusCode), rawHeaders, body: Buffer.from(body ?? "", encoding) };
}

function parseHeaders(headers: unknown): string[] | string {
  if (!isObject(headers)) return "headers is no object";
  const raw: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!headerName.test(name)) return "a header name is invalid";
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      return "a header value is no string";
    }
    const text = String(value);
    if (!headerText.test(text)) return "a header value has invalid characters";
    if (!dropsFromResponse(name) && name.toLowerCase() !== "content-length") raw.push(name, text);
  }
  return raw;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
