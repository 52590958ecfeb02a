import fc from "fast-check";
import { expect, it } from "vitest";
import { deadlineOf, grpcStatusIn, isGrpc } from "./grpc-call.ts";
import { statusFields } from "./grpc-status.ts";

const head = (protocol: string, ...rawHeaders: string[]) => ({
  method: "POST",
  target: "/a.B/C",
  path: "/a.B/C",
  query: "",
  host: "a",
  protocol,
  rawHeaders,
});

it.each([
  ["HTTP/2", "application/grpc", true],
  ["HTTP/2", "application/grpc+proto", true],
  ["HTTP/2", "application/grpc;charset=x", true],
  ["HTTP/2", "Application/GRPC", true],
  ["HTTP/2", "application/grpc-web", false],
  ["HTTP/2", "application/grpc-web+proto", false],
  ["HTTP/2", "application/json", false],
  ["HTTP/1.1", "application/grpc", false],
])("%s with %s is gRPC: %s", (protocol, type, expected) => {
  expect(isGrpc(head(protocol, "content-type", type))).toBe(expected);
});

it.each([
  ["1H", 3_600_000],
  ["2M", 120_000],
  ["3S", 3_000],
  ["250m", 250],
  ["1500u", 2],
  ["1n", 1],
  ["0S", 0],
  ["99999999S", undefined],
  ["99999999m", 99_999_999],
  ["123456789m", undefined],
  ["1", undefined],
  ["S", undefined],
  ["-1S", undefined],
  ["1.5S", undefined],
  [" 1S", undefined],
  ["1S, 2S", undefined],
])("grpc-timeout %s is %s ms", (value, expected) => {
  expect(deadlineOf(head("HTTP/2", "grpc-timeout", value))).toBe(expected);
});

it("takes only numbers for a status", () => {
  expect(grpcStatusIn(["grpc-status", "12"])).toBe(12);
  expect(grpcStatusIn(["grpc-status", "OK"])).toBeUndefined();
  expect(grpcStatusIn(["grpc-status", "1, 2"])).toBeUndefined();
  expect(grpcStatusIn([])).toBeUndefined();
});

it("encodes any message so that a header can carry it, and a client can read it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (message) => {
      const [, , , encoded = ""] = statusFields(7, message);
      expect(encoded).toMatch(/^[ -~]*$/);
      expect(decodeURIComponent(encoded)).toBe(message.toWellFormed());
    }),
  );
});
