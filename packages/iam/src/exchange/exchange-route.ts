import type { CredentialExchange, ExchangeRequest } from "./credential-exchange.ts";
import type { ExchangeRefusal } from "./proof.ts";

/** A request to the exchange, whatever host took it. */
export interface ExchangeHttpRequest {
  readonly method: string;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

export interface ExchangeHttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Largest body, in bytes: a presigned URL of 16 KB with everything escaped. */
export const maxExchangeBody = 64 * 1024;

const statuses: Readonly<Record<ExchangeRefusal["code"], number>> = {
  InvalidRequest: 400,
  AccessDenied: 403,
  ReplayedRequest: 403,
  Unavailable: 503,
};

/**
 * The exchange as an HTTP route: `POST` of `{"url": …, "durationSeconds": …}` as JSON, or with `webIdentityToken` in place of `url`, answered with credentials in the form of
 * `credential_process`, or with `{"code", "message"}`.
 */
export function exchangeRoute(exchange: CredentialExchange) {
  return async (request: ExchangeHttpRequest, signal: AbortSignal): Promise<ExchangeHttpResponse> => {
    const { method, contentType = "", body } = request;
    if (method !== "POST") return answer(405, refusal("InvalidRequest", "use POST"), { allow: "POST" });
    // A web page cannot send this type to another site without being asked about it first.
    if (!/^application\/json(;|$)/i.test(contentType))
      return answer(415, refusal("InvalidRequest", "content-type: has to be application/json"));
    if (body.length > maxExchangeBody)
      return answer(413, refusal("InvalidRequest", `the body is larger than ${maxExchangeBody} bytes`));
    const read = readRequest(body);
    if (typeof read === "string") return answer(400, refusal("InvalidRequest", read));
    const result = await exchange(read, signal);
    if (result.kind === "granted") return answer(200, result.credentials);
    return answer(statuses[result.code], refusal(result.code, result.message));
  };
}

function refusal(code: ExchangeRefusal["code"], message: string): ExchangeRefusal {
  return { code, message };
}

function answer(status: number, value: object, more: Record<string, string> = {}): ExchangeHttpResponse {
  // Credentials must not stay in any cache on the way.
  const headers = { "content-type": "application/json", "cache-control": "no-store", ...more };
  return { status, headers, body: JSON.stringify(value) };
}

function readRequest(body: Uint8Array): ExchangeRequest | string {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return "the body is not JSON";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "the body has to be an object";
  const names = ["url", "webIdentityToken", "durationSeconds"];
  if (!Object.keys(value).every((name) => names.includes(name))) return `the body may have ${names.join(", ")} only`;
  const { url, webIdentityToken, durationSeconds } = value as Partial<Record<string, unknown>>;
  if (durationSeconds !== undefined && typeof durationSeconds !== "number")
    return "durationSeconds: has to be a number";
  const seconds = durationSeconds === undefined ? {} : { durationSeconds };
  if ((url === undefined) === (webIdentityToken === undefined))
    return "the body needs url or webIdentityToken, not both";
  if (typeof webIdentityToken === "string") return { webIdentityToken, ...seconds };
  if (typeof url === "string") return { url, ...seconds };
  return "url and webIdentityToken: have to be texts";
}
