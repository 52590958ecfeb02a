import { describe, expect, it } from "vitest";
import { compileIdentityPolicy, compileTrustPolicy, type TrustRequest, trustContext } from "./compiled-policy.ts";
import { exampleRole } from "./example-context.ts";

const request: TrustRequest = {
  caller: exampleRole,
  action: "sts:AssumeRole",
  roleArn: "arn:aws:iam::111122223333:role/target",
  keys: {},
  sourceIp: "10.1.2.3",
  now: new Date("2026-11-23T10:00:00Z"),
};
const account = { AWS: "111122223333" };
const trust = (...statements: readonly object[]): string =>
  compileTrustPolicy(JSON.stringify({ Statement: statements })).decide(request);

describe("decisions about roles", () => {
  it("need a statement about the action itself", () => {
    expect(trust({ Effect: "Allow", Principal: account, Action: "sts:AssumeRole" })).toBe("Allow");
    expect(trust({ Effect: "Allow", Principal: account, Action: "sts:TagSession" })).toBe("ImplicitDeny");
    expect(trust({ Effect: "Allow", Principal: { AWS: "999900001111" }, Action: "*" })).toBe("ImplicitDeny");
  });

  it("go to the Deny", () => {
    const allow = { Effect: "Allow", Principal: account, Action: "sts:AssumeRole" };
    expect(trust(allow, { Effect: "Deny", Principal: "*", Action: "sts:*" })).toBe("ExplicitDeny");
    expect(trust(allow, { Effect: "Deny", Principal: "*", Action: "sts:TagSession" })).toBe("Allow");
  });

  it("do not follow from statements about services", () => {
    const decide = (Action: string): string =>
      compileIdentityPolicy(JSON.stringify({ Statement: { Effect: "Allow", Action, Resource: "*" } })).decide(
        trustContext(request),
      );
    expect(decide("vpc-lattice-svcs:Invoke")).toBe("ImplicitDeny");
    expect(decide("sts:AssumeRole")).toBe("Allow");
  });
});
