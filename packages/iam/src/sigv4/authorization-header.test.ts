import { withinBound } from "@pergola/core/testing/within-bound";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAwsAuthorization, parseAuthorization } from "./authorization-header.ts";

const signature = "0123456789abcdef".repeat(4);
const credential = "Credential=AKID/20261123/us-east-1/vpc-lattice-svcs/aws4_request";
const headers = "SignedHeaders=host;x-amz-date";
const good = `AWS4-HMAC-SHA256 ${credential}, ${headers}, Signature=${signature}`;

describe("the Authorization header", () => {
  it.each([
    ["a comma and a space", good],
    ["a comma", good.replaceAll(", ", ",")],
    ["blanks on both sides of a comma", good.replaceAll(", ", " \t, \t")],
    ["its parts in another order", `AWS4-HMAC-SHA256 Signature=${signature}, ${headers},${credential}`],
    ["blanks at its end", `${good}  `],
  ])("is parsed with %s", (_, value) => {
    expect(parseAuthorization(value)).toEqual({
      kind: "parsed",
      algorithm: "AWS4-HMAC-SHA256",
      accessKeyId: "AKID",
      date: "20261123",
      region: "us-east-1",
      service: "vpc-lattice-svcs",
      signedHeaders: "host;x-amz-date",
      signature,
    });
  });

  it("of SigV4A has no region", () => {
    const value = `AWS4-ECDSA-P256-SHA256 Credential=AKID/20261123/svc/aws4_request, ${headers}, Signature=${"30".repeat(70)}`;
    expect(parseAuthorization(value)).toMatchObject({
      kind: "parsed",
      region: "",
      service: "svc",
      accessKeyId: "AKID",
    });
  });

  it.each([
    ["nothing after the algorithm", "AWS4-HMAC-SHA256 "],
    ["no credential", `AWS4-HMAC-SHA256 ${headers}, Signature=${signature}`],
    ["no signed headers", `AWS4-HMAC-SHA256 ${credential}, Signature=${signature}`],
    ["no signature", `AWS4-HMAC-SHA256 ${credential}, ${headers}`],
    ["an empty part", good.replace(headers, "SignedHeaders=")],
    ["a part twice", `${good}, Signature=${signature}`],
    ["an empty part twice", `AWS4-HMAC-SHA256 Signature=, ${credential}, ${headers}`],
    ["an unknown part", `${good}, Extra=1`],
    ["a comma at its end", `${good},`],
    ["two commas", good.replace(", ", ",, ")],
    ["a blank before `=`", good.replace("Signature=", "Signature =")],
    ["another case of a part", good.replace("Credential", "credential")],
    ["four parts of scope", good.replace("/us-east-1", "")],
    ["six parts of scope", good.replace("/us-east-1", "/us-east-1/x")],
    ["another end of scope", good.replace("aws4_request", "aws4")],
    ["a short date", good.replace("20261123", "2026112")],
    ["an empty region", good.replace("us-east-1", "")],
    ["an odd region", good.replace("us-east-1", "us_east")],
    ["an empty access key", good.replace("AKID", "")],
    ["a long access key", good.replace("AKID", "A".repeat(129))],
    ["a blank in the access key", good.replace("AKID", "A B")],
    ["upper case in the signature", good.replace(signature, signature.toUpperCase())],
    ["a short signature", good.slice(0, -1)],
    ["a long signature", `${good}0`],
    ["a line break at its end", `${good}\n`],
    ["more than 8,192 characters", good.replace("host", "h".repeat(8192))],
  ])("with %s is malformed", (_, value) => {
    expect(parseAuthorization(value)).toMatchObject({
      kind: "rejected",
      code: "IncompleteSignatureException",
      reason: "malformed-authorization",
    });
  });

  it.each([
    "AWS AKID:c2ln",
    "AWS4-HMAC-SHA512 x",
    "AWS4-HMAC-SHA256",
    "aws4-hmac-sha256 x",
    "AWS4-HMAC-SHA256-PAYLOAD x",
  ])("`%s` claims an algorithm that is not supported", (value) => {
    expect(isAwsAuthorization(value)).toBe(true);
    expect(parseAuthorization(value)).toMatchObject({ kind: "rejected", reason: "unsupported-algorithm" });
  });

  it.each(["", "Bearer AWS4-HMAC-SHA256", "Basic QVdTNA==", "AWSX y", "Amz x"])(
    "`%s` is of another scheme",
    (value) => {
      expect(isAwsAuthorization(value)).toBe(false);
    },
  );

  it(
    "never throws and answers at once, whatever it holds",
    () => {
      const seconds = Number(process.env.FUZZ_SECONDS ?? 2);
      const piece = fc.oneof(
        fc.constantFrom(
          "AWS4-HMAC-SHA256 ",
          "AWS4-ECDSA-P256-SHA256 ",
          credential,
          headers,
          `Signature=${signature}`,
          ", ",
          ",",
        ),
        fc.constantFrom(
          "Credential=",
          "SignedHeaders=",
          "Signature=",
          "/",
          ";",
          "=",
          " ",
          "\t",
          "\0",
          "\u0141",
          "aws4_request",
        ),
        fc.string({ unit: "binary", maxLength: 40 }),
        fc
          .tuple(fc.constantFrom(",", " ", "\t", "/", "a", "Signature=", "A/"), fc.nat(9000))
          .map(([s, n]) => s.repeat(n)),
      );
      const values = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
      fc.assert(
        fc.property(values, (value) => {
          const { kind } = withinBound(() => {
            isAwsAuthorization(value);
            return parseAuthorization(value);
          });
          expect(["parsed", "rejected"]).toContain(kind);
        }),
        { numRuns: 1e9, interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: false },
      );
    },
    Number(process.env.FUZZ_SECONDS ?? 2) * 1000 + 20_000,
  );
});
