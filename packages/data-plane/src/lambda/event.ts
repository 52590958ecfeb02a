import { vpcArn } from "@pergola/core";
import type { Call } from "../call.ts";
import { requestHeaders } from "../request-headers.ts";
import { type EncodedBody, encodeBody } from "./request-body.ts";

/**
 * @param body undefined when the request has none
 * @returns the event that a function gets, as JSON text, in the version that its target group asks for
 */
export function lambdaEvent(call: Call, body: Buffer | undefined): string {
  const encoded = body && encodeBody(body, call.exchange.head.rawHeaders);
  const isV2 = call.targetGroup?.config.lambdaEventStructureVersion === "V2";
  return JSON.stringify(isV2 ? eventV2(call, encoded) : eventV1(call, encoded));
}

// Source: VPC Lattice user guide, "Lambda functions as targets", and captured events, read 2026-11. Where they are silent: a
// V1 body without payload is "".
function eventV1(call: Call, body: EncodedBody | undefined): Record<string, unknown> {
  const { head } = call.exchange;
  return {
    raw_path: head.target,
    method: head.method,
    headers: joined(requestHeaders(call)),
    query_string_parameters: lastValues(queryPairs(head.query)),
    body: body?.text ?? "",
    is_base64_encoded: body?.isBase64 ?? false,
    request_id: call.requestId,
  };
}

// A V2 event has the caller's identity in its request context and carries no x-amzn-lattice-* headers.
function eventV2(call: Call, body: EncodedBody | undefined): Record<string, unknown> {
  const { head } = call.exchange;
  return {
    version: "2.0",
    path: head.target,
    method: head.method,
    headers: grouped(headerPairs(requestHeaders(call)).filter(([name]) => !name.startsWith("x-amzn-lattice-"))),
    ...(head.query === "" ? {} : { queryStringParameters: grouped(queryPairs(head.query)) }),
    ...(body && { body: body.text, isBase64Encoded: body.isBase64 }),
    requestId: call.requestId,
    requestContext: requestContext(call),
  };
}

function requestContext({ network, service, targetGroup, sourceVpc, principal, now }: Call): Record<string, unknown> {
  const region = service?.snapshot.region ?? "";
  const source = sourceVpc && { sourceVpcArn: vpcArn(region, sourceVpc.account, sourceVpc.vpcId) };
  const caller = principal.kind === "aws" && {
    type: "AWS_IAM",
    principal: principal.arn,
    ...(principal.orgId !== undefined && { principalOrgID: principal.orgId }),
    ...(principal.sessionName !== undefined && { sessionName: principal.sessionName }),
  };
  return {
    serviceNetworkArn: network?.snapshot.arn,
    serviceArn: service?.snapshot.arn,
    targetGroupArn: targetGroup?.arn,
    identity: { ...source, ...caller },
    region,
    // Microseconds, as a string.
    timeEpoch: `${now.getTime()}000`,
  };
}

type Pair = readonly [name: string, value: string];

function headerPairs(rawHeaders: readonly string[]): Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    pairs.push([(rawHeaders[i] as string).toLowerCase(), rawHeaders[i + 1] as string]);
  }
  return pairs;
}

function queryPairs(query: string): Pair[] {
  return query === "" ? [] : [...new URLSearchParams(query)];
}

// Objects without a prototype: a header or parameter named `__proto__` is one like any other.
function emptyMap<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

function joined(rawHeaders: readonly string[]): Record<string, string> {
  const map = emptyMap<string>();
  for (const [name, value] of headerPairs(rawHeaders)) map[name] = name in map ? `${map[name]}, ${value}` : value;
  return map;
}

function lastValues(pairs: readonly Pair[]): Record<string, string> {
  const map = emptyMap<string>();
  for (const [name, value] of pairs) map[name] = value;
  return map;
}

function grouped(pairs: readonly Pair[]): Record<string, string[]> {
  const map = emptyMap<string[]>();
  for (const [name, value] of pairs) {
    map[name] ??= [];
    map[name].push(value);
  }
  return map;
}
