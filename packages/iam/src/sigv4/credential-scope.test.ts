import { describe, expect, it } from "vitest";
import { readCredentialScope } from "./credential-scope.ts";

const rest = `SignedHeaders=host, Signature=${"0".repeat(64)}`;
const hmac = `AWS4-HMAC-SHA256 Credential=AKID/20261123/eu-west-1/vpc-lattice/aws4_request, ${rest}`;
const ecdsa = `AWS4-ECDSA-P256-SHA256 Credential=AKID/20261123/vpc-lattice/aws4_request, ${rest}`;

describe("the credential scope of a request", () => {
  it.each([
    ["a region", ["Authorization", hmac], "eu-west-1"],
    [
      "the first region of a set",
      ["authorization", ecdsa, "X-Amz-Region-Set", "us-*,eu-west-2,eu-west-1"],
      "eu-west-2",
    ],
    ["no region when the set has patterns only", ["authorization", ecdsa, "x-amz-region-set", "*"], ""],
    ["no region when there is no set", ["authorization", ecdsa], ""],
  ])("has %s", (_, rawHeaders, region) => {
    expect(readCredentialScope(rawHeaders)).toEqual({ accessKeyId: "AKID", region, service: "vpc-lattice" });
  });

  it.each([
    ["nothing", []],
    ["another scheme", ["authorization", "Bearer x"]],
    ["a broken header", ["authorization", "AWS4-HMAC-SHA256 Credential=AKID"]],
    ["two headers", ["authorization", hmac, "authorization", hmac]],
  ])("is not there with %s", (_, rawHeaders) => {
    expect(readCredentialScope(rawHeaders)).toBeUndefined();
  });
});
