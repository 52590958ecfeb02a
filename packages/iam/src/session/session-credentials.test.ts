import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { AwsPrincipal } from "../principal.ts";
import { newSealingKey } from "./keyring.ts";
import { createSessionCredentials } from "./session-credentials.ts";
import { type SessionClaims, SessionTooLarge, sealSession } from "./session-token.ts";

const keyring = { keys: [newSealingKey(new Date("2026-11-01T00:00:00Z"))] };
const principal: AwsPrincipal = {
  kind: "aws",
  type: "AssumedRole",
  arn: "arn:aws:sts::111122223333:assumed-role/web/one",
  account: "111122223333",
  roleArn: "arn:aws:iam::111122223333:role/web",
  userId: "AROAX:one",
  sessionName: "one",
  tags: { team: "a" },
};
const claims: SessionClaims = {
  accessKeyId: "ASIAABCDEFGHIJKLMNOP",
  secretAccessKey: "the-secret",
  expiresAt: "2026-11-01T01:00:00.000Z",
  principal,
  issuer: "arn:aws:iam::111122223333:role/web",
  sessionPolicies: ['{"Version":"2012-10-17","Statement":[]}'],
};

describe("credentials out of session tokens", () => {
  it("carry principal, secret, policies and expiry, with the issuer's policies as they are now", () => {
    let policies = ["one"];
    const sessions = createSessionCredentials({
      keyring: () => keyring,
      issuerPolicies: () => ({ identityPolicies: policies }),
    });
    const token = sealSession(keyring, claims);

    const credential = sessions.find(claims.accessKeyId, token);

    expect(credential).toMatchObject({
      principal,
      sessionToken: token,
      expiresAt: claims.expiresAt,
      identityPolicies: ["one"],
    });
    expect(credential?.secret.reveal()).toBe("the-secret");
    expect(JSON.stringify(credential)).not.toContain("the-secret");
    policies = ["two"];
    expect(sessions.find(claims.accessKeyId, token)).toBe(credential);
    sessions.forget();
    expect(sessions.find(claims.accessKeyId, token)?.identityPolicies).toEqual(["two"]);
  });

  it("are not to be had for another access key than the token's", () => {
    const sessions = createSessionCredentials({ keyring: () => keyring, issuerPolicies: () => undefined });
    expect(sessions.find("ASIAOTHER", sealSession(keyring, claims))).toBeUndefined();
    expect(sessions.find(claims.accessKeyId, "forged")).toBeUndefined();
  });

  it("forget the oldest tokens rather than growing without bound", () => {
    const sessions = createSessionCredentials({ keyring: () => keyring, issuerPolicies: () => undefined });
    for (let i = 0; i < 12_000; i += 1) sessions.find(claims.accessKeyId, `forged-${i}`);
    expect(sessions.size).toBe(0);
    for (let i = 0; i < 10_500; i += 1) sessions.find(claims.accessKeyId, sealSession(keyring, claims));
    expect(sessions.size).toBeLessThanOrEqual(10_000);
  });

  it("refuse to seal more than a request header could carry", () => {
    const large = { ...claims, sessionPolicies: [randomBytes(16_384).toString("base64")] };
    expect(() => sealSession(keyring, large)).toThrow(SessionTooLarge);
  });
});
