import { type EventReading, type EventRequest, readEventRequest } from "./event-request.ts";

// Not imported: docs/lambda.md, "Bundles".
const { isIP } = process.getBuiltinModule("node:net");

/** A load balancer's event. Source: Elastic Load Balancing user guide, "Lambda functions as targets", read 2026-11. */
export interface AlbEvent {
  readonly requestContext: { readonly elb: { readonly targetGroupArn: string } };
  readonly httpMethod: string;
  readonly path: string;
  /** With multi-value headers switched off; of what is repeated, only the last value is here. */
  readonly queryStringParameters?: Readonly<Record<string, string>> | null;
  readonly headers?: Readonly<Record<string, string>> | null;
  /** With multi-value headers switched on. */
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[]>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>> | null;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

/** @returns whether the target group has multi-value headers on: the response has to have them too */
export function hasMultiValues(event: AlbEvent): boolean {
  return event.multiValueHeaders !== undefined && event.multiValueHeaders !== null;
}

/** Bytes of request body. Source: as above, 1 MB; the load balancer refuses more by itself, an invocation by hand does not. */
const maxBody = 1_048_576;

/** @returns the request, `malformed` (one without a readable client address is), or `too-large` */
export function readAlbEvent(event: AlbEvent, reading: EventReading): EventRequest | "malformed" | "too-large" {
  const { httpMethod, path, body, isBase64Encoded } = event;
  if (typeof httpMethod !== "string" || typeof path !== "string") return "malformed";
  const rawHeaders = listOf(event.multiValueHeaders, event.headers).flat();
  const peer = peerOf(rawHeaders);
  if (peer === undefined) return "malformed";
  // Names and values of the query are not decoded, unlike those of API Gateway. Source: as for function URLs.
  const query = listOf(event.multiValueQueryStringParameters, event.queryStringParameters)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  const parts = {
    method: httpMethod,
    path,
    query,
    rawHeaders,
    body,
    isBase64Encoded,
    peerAddress: peer.address,
    peerPort: peer.port,
    protocol: "HTTP/1.1",
    principal: undefined,
  };
  const request = readEventRequest(parts, reading);
  if (request === undefined) return "malformed";
  return request.body.length > maxBody ? "too-large" : request;
}

function listOf(
  multi: Readonly<Record<string, readonly string[]>> | null | undefined,
  single: Readonly<Record<string, string>> | null | undefined,
): [name: string, value: string][] {
  if (!multi) return Object.entries(single ?? {});
  return Object.entries(multi).flatMap(([name, values]) => values.map((value): [string, string] => [name, value]));
}

/** The load balancer appends the address that it sees to X-Forwarded-For: what stands before the last comma is the client's claim. */
function peerOf(rawHeaders: readonly string[]): { readonly address: string; readonly port: number } | undefined {
  let value: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === "x-forwarded-for") value = rawHeaders[i + 1];
  }
  const last = value?.slice(value.lastIndexOf(",") + 1).trim() ?? "";
  if (isIP(last) !== 0) return { address: last, port: 0 };
  // With client port preservation: `192.0.2.1:5000` or `[2001:db8::1]:5000`.
  const [, bracketed, plain, port] = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9.]{7,15})):(\d{1,5})$/.exec(last) ?? [];
  const address = bracketed ?? plain ?? "";
  return isIP(address) === 0 ? undefined : { address, port: Number(port) };
}
