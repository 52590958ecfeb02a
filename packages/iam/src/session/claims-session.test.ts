import { expect, it } from "vitest";
import { claimsSession } from "./claims-session.ts";

it.each([
  [["Authorization", "AWS4-HMAC-SHA256 …", "X-Amz-Security-Token", "t"], true],
  [["authorization", "AWS4-HMAC-SHA256 …"], false],
  [["x-amz-security-token", "t"], false],
])("a request with %j needs keys: %s", (rawHeaders, expected) => {
  expect(claimsSession(rawHeaders)).toBe(expected);
});
