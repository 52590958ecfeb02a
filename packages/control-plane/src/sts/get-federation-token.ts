import { federatedPrincipal } from "@pergola/iam";
import { required, text } from "../constraint.ts";
import { requireUser } from "./get-session-token.ts";
import { issueSession } from "./issue-session.ts";
import {
  policyArns,
  requireSessionPolicy,
  sessionDuration,
  sessionPolicy,
  sessionTags,
  tagsByKey,
} from "./session-members.ts";
import { stsOperation } from "./sts-operation.ts";

const maxSeconds = 129_600;
const defaultSeconds = 43_200;

/** What a federated user may do without a session policy: nothing. Source: GetFederationToken, API reference, read 2026-11. */
const nothing = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}';

/** GetFederationToken: temporary credentials for somebody whom the calling user vouches for. */
export const getFederationToken = stsOperation(
  "required",
  {
    Name: required(text({ min: 2, max: 32, pattern: /^[\w+=,.@-]+$/, form: "letters, digits and _ + = , . @ -" })),
    Policy: sessionPolicy,
    PolicyArns: policyArns,
    DurationSeconds: sessionDuration(maxSeconds),
    Tags: sessionTags,
  },
  async (input, context) => {
    const user = requireUser(context, "sts:GetFederationToken");
    requireSessionPolicy(input.Policy);
    const principal = federatedPrincipal(user, input.Name, tagsByKey(input.Tags));
    const seconds = input.DurationSeconds ?? defaultSeconds;
    const Credentials = issueSession(context, {
      principal,
      issuer: user.arn,
      issuerId: user.userId,
      seconds,
      sessionPolicy: input.Policy ?? nothing,
    });
    return { Credentials, FederatedUser: { FederatedUserId: principal.userId, Arn: principal.arn } };
  },
);
