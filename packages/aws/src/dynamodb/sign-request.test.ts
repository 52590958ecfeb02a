import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { describe, expect, it } from "vitest";
import { requestSigner } from "./sign-request.ts";

const host = "dynamodb.us-west-2.amazonaws.com";
const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.GetItem" };
const pair = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };

describe("a light reader's signature is that of AWS's own signer", () => {
  it.each([
    { name: "for an ordinary request", body: '{"TableName":"pergola"}', credentials: pair },
    { name: "with a session token", body: "{}", credentials: { ...pair, sessionToken: "FwoGZXIvYXdzEXAMPLE//=" } },
    { name: "for a body outside of ASCII", body: '{"sk":"é\u{1f33f}"}', credentials: pair },
    { name: "on a port", body: "{}", credentials: pair, at: "127.0.0.1:8000" },
  ])("$name, on two days", async ({ body, credentials, at = host }) => {
    const signer = requestSigner("us-west-2", "dynamodb");
    const theirs = new SignatureV4({ credentials, region: "us-west-2", service: "dynamodb", sha256: Sha256 });

    for (const now of [new Date("2026-11-23T23:59:59.999Z"), new Date("2026-11-24T00:00:00.000Z")]) {
      const request = {
        method: "POST",
        protocol: "https:",
        hostname: at,
        path: "/",
        headers: { ...headers, host: at },
        body,
      };
      const expected = await theirs.sign(request, {
        signingDate: now,
        unsignableHeaders: new Set(["x-amz-content-sha256"]),
      });

      expect(signer.sign({ host: at, headers, body }, credentials, now)).toMatchObject(signedPart(expected.headers));
    }
  });

  it("follows credentials that change within a day", () => {
    const signer = requestSigner("us-west-2", "dynamodb");
    const now = new Date("2026-11-23T10:00:00Z");
    const first = signer.sign({ host, headers, body: "{}" }, pair, now);

    const other = signer.sign({ host, headers, body: "{}" }, { ...pair, secretAccessKey: "other" }, now);

    expect(other.authorization).not.toBe(first.authorization);
    expect(signer.sign({ host, headers, body: "{}" }, pair, now)).toEqual(first);
  });
});

/** Without the body's hash as a header, which only S3 asks for. */
function signedPart({ "x-amz-content-sha256": _, ...rest }: Record<string, string>): Record<string, string> {
  return rest;
}
