import { type AwsPrincipal, parsePrincipalArn } from "@pergola/iam";
import { type EventReading, type EventRequest, readEventRequest } from "./event-request.ts";

// Not imported: docs/lambda.md, "Bundles".
const { isIP } = process.getBuiltinModule("node:net");

/** A function URL's event, payload format 2.0, as far as it is read. Source: Lambda developer guide, "Invoking function URLs". */
export interface FunctionUrlEvent {
  readonly version: string;
  readonly rawPath: string;
  readonly rawQueryString?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The Cookie header's parts; it is not among `headers` then. */
  readonly cookies?: readonly string[] | null;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
  readonly requestContext: {
    readonly http: { readonly method: string; readonly protocol?: string; readonly sourceIp: string };
    readonly authorizer?: { readonly iam?: FunctionUrlIam | null } | null;
  };
}

/** Who has signed for Lambda. Only Lambda writes it: clients cannot set members of the request context. */
export interface FunctionUrlIam {
  readonly accountId: string;
  readonly userArn: string;
  readonly callerId?: string;
  readonly userId?: string;
  readonly principalOrgId?: string | null;
}

/**
 * @returns the request, `malformed`, or `unknown-caller` when Lambda names a caller that cannot be read: to take it for anonymous
 * could let it past a statement that denies it
 */
export function readFunctionUrlEvent(
  event: FunctionUrlEvent,
  reading: EventReading,
): EventRequest | "malformed" | "unknown-caller" {
  // Path and query are as the client sent them, escapes and all. Source: captures of REST API, HTTP API, function URL and ALB
  // events, github.com/hotsock/voker pull request 8, read 2026-11; only HTTP APIs decode.
  const { rawPath, rawQueryString = "", headers = {}, cookies, body, isBase64Encoded, requestContext } = event;
  const iam = requestContext?.authorizer?.iam;
  const principal = iam ? functionUrlPrincipal(iam) : undefined;
  if (iam && principal === undefined) return "unknown-caller";
  const { method, protocol = "", sourceIp } = requestContext?.http ?? {};
  if (typeof method !== "string" || typeof rawPath !== "string" || isIP(sourceIp ?? "") === 0) return "malformed";
  const rawHeaders = Object.entries(headers).flat();
  if (cookies && cookies.length > 0) rawHeaders.push("cookie", cookies.join("; "));
  const parts = {
    method,
    path: rawPath,
    query: rawQueryString,
    rawHeaders,
    body,
    isBase64Encoded,
    peerAddress: sourceIp,
    peerPort: 0,
    protocol: protocol.startsWith("HTTP/2") ? "HTTP/2" : "HTTP/1.1",
    principal,
  };
  return readEventRequest(parts, reading) ?? "malformed";
}

/**
 * The principal that Lambda has verified. Of a role session, Lambda does not tell the role's path, and of nobody the tags: policies
 * that ask for them do not see them (docs/lambda.md).
 * @returns undefined when the ARN is of no kind that can sign
 */
export function functionUrlPrincipal({ userArn, userId, principalOrgId }: FunctionUrlIam): AwsPrincipal | undefined {
  const principal = typeof userArn === "string" ? parsePrincipalArn(userArn) : undefined;
  if (principal === undefined) return undefined;
  return {
    ...principal,
    ...(userId ? { userId } : {}),
    ...(principalOrgId ? { orgId: principalOrgId } : {}),
    tags: {},
  };
}
