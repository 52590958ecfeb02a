import { headerValue, type Scope } from "@pergola/core";
import { type CredentialSource, readCredentialScope } from "@pergola/iam";
import { regionPattern } from "../config/settings.ts";

/**
 * Which account and region a request is for: the account of the access key it names, the region of its credential scope.
 * Nothing is verified here.
 * @param defaults for unsigned requests, unknown keys and odd regions
 */
export function createCallerOf(
  credentials: CredentialSource,
  defaults: Scope,
): (rawHeaders: readonly string[]) => Scope {
  return (rawHeaders) => {
    const scope = readCredentialScope(rawHeaders);
    if (scope === undefined) return defaults;
    return {
      account:
        credentials(scope.accessKeyId, headerValue(rawHeaders, "x-amz-security-token"))?.principal.account ??
        defaults.account,
      region: regionPattern.test(scope.region) ? scope.region : defaults.region,
    };
  };
}
