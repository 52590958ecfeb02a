import { type Caller, headerValue, type Scope } from "@pergola/core";
import { type CredentialSource, readCredentialScope } from "@pergola/iam";
import { regionPattern } from "../config/setting-reader.ts";

/**
 * Which account and region a request is for: the account of the access key it names, the region of its credential scope.
 * Nothing is verified here.
 * @param defaults for unsigned requests, unknown keys and odd regions
 * @param isVerified whether only requests with a good signature get here: then the principal and its key are told too
 */
export function createCallerOf(
  credentials: CredentialSource,
  defaults: Scope,
  isVerified = false,
): (rawHeaders: readonly string[]) => Omit<Caller, "requestId"> {
  return (rawHeaders) => {
    const scope = readCredentialScope(rawHeaders);
    if (scope === undefined) return defaults;
    const { accessKeyId } = scope;
    const principal = credentials(accessKeyId, headerValue(rawHeaders, "x-amz-security-token"))?.principal;
    return {
      account: principal?.account ?? defaults.account,
      region: regionPattern.test(scope.region) ? scope.region : defaults.region,
      ...(isVerified && principal !== undefined ? { principal: principal.arn, accessKeyId } : {}),
    };
  };
}
