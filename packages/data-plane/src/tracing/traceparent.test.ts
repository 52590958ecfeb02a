import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

function hex(length: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length });
}

const ids = { traceId: hex(32), spanId: hex(16) };
const parent = fc
  .record({ ...ids, isSampled: fc.boolean() })
  .filter((one) => !/^0+$/.test(one.traceId) && !/^0+$/.test(one.spanId));

describe("a traceparent", () => {
  it("is read back as it was written", () => {
    fc.assert(
      fc.property(parent, (one) => {
        expect(parseTraceparent(formatTraceparent(one))).toEqual(one);
      }),
    );
  });

  it("is not valid any more with any character replaced by one that is no lower-case hexadecimal digit or dash", () => {
    const position = fc.nat({ max: 54 });
    const other = fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).filter((text) => !/[0-9a-f-]/.test(text));
    fc.assert(
      fc.property(parent, position, other, (one, at, text) => {
        const valid = formatTraceparent(one);
        expect(parseTraceparent(valid.slice(0, at) + text + valid.slice(at + 1))).toBeUndefined();
      }),
    );
  });

  it("has exactly one length in version 00", () => {
    fc.assert(
      fc.property(parent, fc.string({ minLength: 1 }), fc.nat({ max: 54 }), (one, more, length) => {
        expect(parseTraceparent(formatTraceparent(one) + more)).toBeUndefined();
        expect(parseTraceparent(formatTraceparent(one).slice(0, length))).toBeUndefined();
      }),
    );
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseTraceparent(text)).not.toThrow();
      }),
    );
  });

  it.each([
    ["a later version", `01-${traceId}-${spanId}-01`],
    ["a later version with more behind", `cc-${traceId}-${spanId}-01-what-the-future-will-be-like`],
    ["flags that nobody knows yet", `00-${traceId}-${spanId}-ff`],
  ])("is valid with %s", (_what, value) => {
    expect(parseTraceparent(value)).toEqual({ traceId, spanId, isSampled: true });
  });

  it.each([
    ["version ff", `ff-${traceId}-${spanId}-01`],
    ["a trace of zeros", `00-${"0".repeat(32)}-${spanId}-01`],
    ["a span of zeros", `00-${traceId}-${"0".repeat(16)}-01`],
    ["capitals", `00-${traceId.toUpperCase()}-${spanId}-01`],
    ["more behind without a dash", `01-${traceId}-${spanId}-01x`],
    ["two headers in one", `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
    ["a line break behind", `00-${traceId}-${spanId}-01\n`],
    ["nothing", ""],
  ])("is not valid with %s", (_what, value) => {
    expect(parseTraceparent(value)).toBeUndefined();
  });
});
