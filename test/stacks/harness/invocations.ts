import type { RoleCredentials } from "../../exchange/moto-sts.ts";
import type { RunningEntry } from "../../lambda/run-entry.ts";
import { albEvent, urlEvent } from "../../lambda/scene.ts";
import { signedHeaders } from "../../lambda/signed-headers.ts";
import { readUrlResponse } from "../../lambda/url-response.ts";
import { region } from "./account.ts";

/** A request for a service. */
export interface ServiceRequest {
  readonly host: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Who signs it; absent: nobody. */
  readonly session?: RoleCredentials;
}

/** @returns what a router's function URL behind CloudFront makes of it */
export function urlEventOf(request: ServiceRequest): object {
  return urlEvent({ path: request.path, headers: { "x-forwarded-host": request.host, ...headersOf(request) } });
}

/** @returns what a VPC's load balancer makes of it */
export function albEventOf(request: ServiceRequest): object {
  return albEvent({ path: request.path, query: {}, headers: { host: request.host, ...headersOf(request) } });
}

function headersOf({ path, host, session, headers = {} }: ServiceRequest): Record<string, string> {
  return { ...headers, ...(session && signedHeaders({ path, host, region, ...session })) };
}

/** @returns what the exchange's function URL makes of a proof that is posted */
export function exchangeEvent(proof: string): object {
  const headers = { "content-type": "application/json" };
  return urlEvent({ method: "POST", headers, body: JSON.stringify({ url: proof, durationSeconds: 900 }) });
}

/** @returns what the API's function URL makes of a GET of an administrator */
export function apiEvent(path: string, administrator: RoleCredentials): object {
  const host = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-central-1.on.aws";
  const headers = signedHeaders({ path, host, region, service: "vpc-lattice", ...administrator });
  return urlEvent({ path, headers: { host, ...headers } });
}

/** @returns the answer of a function behind HTTP, when its invocation is over */
export async function urlAnswerOf(
  entry: RunningEntry,
  event: object,
  timeoutMs?: number,
): Promise<{ readonly status: number; readonly body: string }> {
  const invocation = entry.invoke(event, timeoutMs);
  const { statusCode, body } = await readUrlResponse(invocation);
  await invocation.over;
  return { status: statusCode, body: body.toString() };
}

/** @returns what any other function returned @throws what it reported as its error */
export async function resultOf(entry: RunningEntry, event: unknown, timeoutMs: number): Promise<unknown> {
  const { message } = await entry.invoke(event, timeoutMs).response;
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}
