import { describe, expect, it } from "vitest";
import { deriveSigningKey } from "./signing-key.ts";

// Source: AWS, "Create a signed AWS API request", the worked example of IAM's ListUsers.
const example = {
  secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  timestamp: "20150830T123600Z",
  requestHash: "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59",
  signature: "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
};

describe("a signing key", () => {
  const key = deriveSigningKey(example.secret, "20150830", "us-east-1", "iam");

  it("gives the signature of AWS's worked example", () => {
    expect(key.matches(example.timestamp, example.requestHash, example.signature)).toBe(true);
  });

  it("keeps nothing of the request before", () => {
    expect(key.matches("20150830T123601Z", "0".repeat(64), example.signature)).toBe(false);
    expect(key.matches(example.timestamp, example.requestHash, "0".repeat(64))).toBe(false);
    expect(key.matches(example.timestamp, example.requestHash, example.signature)).toBe(true);
  });

  it.each([
    ["empty", ""],
    ["short", example.signature.slice(1)],
    ["long", `${example.signature}0`],
    ["upper case", example.signature.toUpperCase()],
    ["of wide characters whose low bytes are right", example.signature.replace("a", "\u0161")],
    ["of two-byte characters", "é".repeat(64)],
  ])("refuses a signature that is %s", (_, signature) => {
    expect(key.matches(example.timestamp, example.requestHash, signature)).toBe(false);
  });

  it.each([
    ["secret", deriveSigningKey(`${example.secret}x`, "20150830", "us-east-1", "iam")],
    ["day", deriveSigningKey(example.secret, "20150831", "us-east-1", "iam")],
    ["region", deriveSigningKey(example.secret, "20150830", "us-east-2", "iam")],
    ["service", deriveSigningKey(example.secret, "20150830", "us-east-1", "sts")],
  ])("of another %s gives another signature", (_, other) => {
    expect(other.matches(example.timestamp, example.requestHash, example.signature)).toBe(false);
  });
});
