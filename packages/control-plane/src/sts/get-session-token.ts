import type { AwsPrincipal } from "@pergola/iam";
import { text } from "../constraint.ts";
import { issueSession } from "./issue-session.ts";
import { sessionDuration } from "./session-members.ts";
import { assumeDenied, StsError } from "./sts-error.ts";
import { type StsContext, stsOperation } from "./sts-operation.ts";

const maxSeconds = 129_600;
const defaultSeconds = 43_200;

/** GetSessionToken: temporary credentials of a user, with the user's own rights. Not from a session. */
export const getSessionToken = stsOperation(
  "required",
  { DurationSeconds: sessionDuration(maxSeconds), SerialNumber: text({ max: 256 }), TokenCode: text({ max: 6 }) },
  async (input, context) => {
    const principal = requireUser(context, "sts:GetSessionToken");
    if (input.SerialNumber !== undefined || input.TokenCode !== undefined) {
      throw new StsError(
        "AccessDenied",
        403,
        "multi-factor authentication is not there; leave out SerialNumber and TokenCode",
      );
    }
    const seconds = input.DurationSeconds ?? defaultSeconds;
    return {
      Credentials: issueSession(context, { principal, issuer: principal.arn, issuerId: principal.userId, seconds }),
    };
  },
);

/** @returns the caller, if it signed with a user's own key @throws StsError AccessDenied */
export function requireUser({ credential }: StsContext, action: string): AwsPrincipal {
  if (credential === undefined) throw assumeDenied("anonymous", action, "*");
  const { principal, sessionToken } = credential;
  if (sessionToken !== undefined || (principal.type !== "User" && principal.type !== "Account")) {
    throw new StsError("AccessDenied", 403, `cannot call ${action.slice(4)} with session credentials`);
  }
  return principal;
}
