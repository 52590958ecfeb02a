import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asSentQuery, canonicalQuery } from "./canonical-query.ts";

describe("the canonical query", () => {
  it.each([
    ["", ""],
    ["a", "a="],
    ["a=", "a="],
    ["a=1", "a=1"],
    ["b=2&a=1", "a=1&b=2"],
    ["a=2&a=1&a=", "a=&a=1&a=2"],
    ["a-=1&a=2", "a=2&a-=1"],
    ["A=1&a=1&B=1", "A=1&B=1&a=1"],
    ["a=b=c", "a=b%3Dc"],
    ["=v", "=v"],
    ["a&&b&", "a=&b="],
    ["&", ""],
    ["a=b+c", "a=b%20c"],
    ["a=b%20c", "a=b%20c"],
    ["a=b%2Bc", "a=b%2Bc"],
    ["a=%2f%7e", "a=%2F~"],
    ["%61=1", "a=1"],
    ["a=x/y?z:@!$'()*,;", "a=x%2Fy%3Fz%3A%40%21%24%27%28%29%2A%2C%3B"],
    ["a=\u00c3\u00bc", "a=%C3%BC"],
    ["a=%C3%BC", "a=%C3%BC"],
    ["a=b%26c%3Dd", "a=b%26c%3Dd"],
  ])("of `%s` is `%s`", (query, canonical) => {
    expect(canonicalQuery(query)).toBe(canonical);
  });

  it.each(["%", "a=%", "a=%2", "a=%zz", "a=%2&b=1", "a=\u0141"])("does not exist for `%s`", (query) => {
    expect(canonicalQuery(query)).toBeUndefined();
  });

  it("does not depend on the order of the parameters", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "B", "-", "1", "~"), maxLength: 3 });
    const parameters = fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(parameters, (pairs) => {
        const compare = ([a, x]: string[], [b, y]: string[]): number => (`${a}\0${x}` < `${b}\0${y}` ? -1 : 1);
        const sorted = pairs.toSorted(compare).map(([name, value]) => `${name}=${value}`);
        expect(canonicalQuery(pairs.map(([name, value]) => `${name}=${value}`).join("&"))).toBe(sorted.join("&"));
        expect(canonicalQuery(sorted.join("&"))).toBe(sorted.join("&"));
      }),
    );
  });

  it("reads the same as the query, parameter by parameter", () => {
    const pairs = fc.array(fc.tuple(fc.string({ unit: "grapheme", minLength: 1 }), fc.string({ unit: "grapheme" })));
    fc.assert(
      fc.property(pairs, (parameters) => {
        const query = new URLSearchParams(parameters).toString();
        const reread = [...new URLSearchParams(canonicalQuery(query))];
        expect(reread.map(String).sort()).toEqual([...new URLSearchParams(query)].map(String).sort());
      }),
    );
  });

  it.each([
    ["b=2&a=1", undefined],
    ["a=b+c", "a=b+c"],
    ["b=:&a=/", "a=/&b=:"],
    ["a=%2f", "a=%2f"],
    ["a=b=c", "a=b=c"],
  ])("as sent of `%s` is `%s`", (query, asSent) => {
    expect(asSentQuery(query, canonicalQuery(query) ?? "")).toBe(asSent);
  });
});
