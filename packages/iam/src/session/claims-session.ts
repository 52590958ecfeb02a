import { headerValue } from "@pergola/core";

/** @returns whether a request says that it is signed with a session's credentials: only then keys are needed */
export function claimsSession(rawHeaders: readonly string[]): boolean {
  return (
    headerValue(rawHeaders, "x-amz-security-token") !== undefined &&
    headerValue(rawHeaders, "authorization") !== undefined
  );
}
