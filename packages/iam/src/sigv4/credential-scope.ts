import { headerValue } from "@pergola/core";
import { parseAuthorization } from "./authorization-header.ts";
import { findAuthorization } from "./find-authorization.ts";
import { parseRegionSet } from "./region-set.ts";

export interface CredentialScope {
  readonly accessKeyId: string;
  /** Under SigV4A the first region of x-amz-region-set that is no pattern, or `""` when there is none. */
  readonly region: string;
  readonly service: string;
}

/**
 * What a request claims to be signed by. Nothing is verified: use it to choose account and region, never to allow anything.
 * @returns undefined when the request claims no AWS signature or its Authorization header cannot be parsed
 */
export function readCredentialScope(rawHeaders: readonly string[]): CredentialScope | undefined {
  const authorization = findAuthorization(rawHeaders);
  if (typeof authorization !== "string") return undefined;
  const parsed = parseAuthorization(authorization);
  if (parsed.kind === "rejected") return undefined;
  const { accessKeyId, service } = parsed;
  return { accessKeyId, region: parsed.region || firstRegion(rawHeaders), service };
}

function firstRegion(rawHeaders: readonly string[]): string {
  const patterns = parseRegionSet(headerValue(rawHeaders, "x-amz-region-set") ?? "");
  return patterns?.find((pattern) => !pattern.includes("*")) ?? "";
}
