import { describe, expect, it } from "vitest";
import { readCallerIdentity } from "./caller-identity.ts";

const xml = ({ arn, userId = "AROAEXAMPLE:me", account = "123456789012" }: Record<string, string>): string =>
  `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>${arn}</Arn>
    <UserId>${userId}</UserId>
    <Account>${account}</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata>
    <RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId>
  </ResponseMetadata>
</GetCallerIdentityResponse>
`;
const json = (result: unknown): string =>
  JSON.stringify({
    GetCallerIdentityResponse: { GetCallerIdentityResult: result, ResponseMetadata: { RequestId: "r" } },
  });
const session = "arn:aws:sts::123456789012:assumed-role/web/me";
const base = { kind: "aws", account: "123456789012" };

describe("the answer of GetCallerIdentity", () => {
  it.each([
    [
      "a role's session",
      session,
      { type: "AssumedRole", roleArn: "arn:aws:iam::123456789012:role/web", sessionName: "me" },
    ],
    ["a user", "arn:aws:iam::123456789012:user/team/ann", { type: "User", username: "ann" }],
    ["a federated user", "arn:aws:sts::123456789012:federated-user/bob", { type: "FederatedUser" }],
    ["an account's root", "arn:aws:iam::123456789012:root", { type: "Account" }],
  ])("names %s", (_kind, arn, more) => {
    const expected = { ...base, arn, userId: "AROAEXAMPLE:me", ...more };
    expect(readCallerIdentity(xml({ arn }))).toEqual(expected);
    const members = { Account: "123456789012", Arn: arn, UserId: "AROAEXAMPLE:me" };
    expect(readCallerIdentity(json(members))).toEqual(expected);
  });

  const members = { Account: "123456789012", Arn: session, UserId: "AROAEXAMPLE:me" };
  it.each([
    ["nothing", ""],
    ["an error", "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"],
    ["an account that is not the ARN's", xml({ arn: session, account: "999999999999" })],
    ["a role, which cannot sign", xml({ arn: "arn:aws:iam::123456789012:role/web" })],
    ["no user id", xml({ arn: session, userId: "" })],
    ["an entity", xml({ arn: session, userId: "&amp;" })],
    ["a comment", xml({ arn: `${session}<!-- -->` })],
    ["a document type", `<!DOCTYPE a [<!ENTITY b "c">]>${xml({ arn: session })}`],
    ["something after it", `${xml({ arn: session })}<a/>`],
    ["an ARN twice", xml({ arn: session }).replace("<UserId>AROAEXAMPLE:me</UserId>", `<Arn>${session}</Arn>`)],
    ["an ARN smuggled into another member", xml({ arn: session, userId: `x</UserId><Arn>${session}` })],
    ["JSON cut off", json(members).slice(0, -3)],
    ["JSON with a member too many", json({ ...members, More: "1" })],
    ["JSON with an ARN that is no text", json({ ...members, Arn: [session] })],
    ["JSON without a result", "{}"],
    ["JSON with null in it", '{"GetCallerIdentityResponse":null}'],
    ["64 KB of spaces", `<GetCallerIdentityResponse>${" ".repeat(65_536)}`],
  ])("names nobody when it is or has %s", (_case, body) => {
    expect(readCallerIdentity(body)).toBeUndefined();
  });
});
