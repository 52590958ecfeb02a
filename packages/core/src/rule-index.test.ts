import fc from "fast-check";
import { expect, it } from "vitest";
import type { RuleMatch } from "./resources/rule.ts";
import { compileRules, type MatchInput, ruleMatches } from "./rule-index.ts";
import { withinBound } from "./testing/within-bound.ts";

const exact = (path: string, caseSensitive?: boolean): RuleMatch => ({
  httpMatch: { pathMatch: { match: { exact: path }, ...(caseSensitive === undefined ? {} : { caseSensitive }) } },
});
const prefix = (path: string, caseSensitive?: boolean): RuleMatch => ({
  httpMatch: { pathMatch: { match: { prefix: path }, ...(caseSensitive === undefined ? {} : { caseSensitive }) } },
});
const header = (name: string, value: string, caseSensitive = false): RuleMatch => ({
  httpMatch: { headerMatches: [{ name, match: { exact: value }, caseSensitive }] },
});
const get = (path: string, ...rawHeaders: string[]): MatchInput => ({ method: "GET", path, rawHeaders });

it.each<[string, RuleMatch[], MatchInput, number]>([
  ["no rule matches: -1", [exact("/a")], get("/b"), -1],
  ["exact is the whole path", [exact("/a")], get("/a/"), -1],
  ["paths ignore case unless told", [exact("/A")], get("/a"), 0],
  ["a case-sensitive path", [exact("/A", true)], get("/a"), -1],
  ["a prefix is a plain string prefix", [prefix("/foo")], get("/foobar"), 0],
  ["a case-sensitive prefix", [prefix("/Foo", true)], get("/foobar"), -1],
  ["nothing is decoded", [exact("/a b")], get("/a%20b"), -1],
  ["dot segments stay", [prefix("/admin")], get("/x/../admin"), -1],
  ["the lower priority number wins over the longer prefix", [prefix("/a"), prefix("/a/b")], get("/a/b/c"), 0],
  ["the outer prefix is found past a sibling", [prefix("/a/zz"), prefix("/a/b"), prefix("/a")], get("/a/c"), 2],
  ["methods are case-sensitive", [{ httpMatch: { method: "get" } }], get("/"), -1],
  ["header names ignore case", [header("X-Env", "beta")], get("/", "x-eNV", "BETA"), 0],
  ["a case-sensitive value", [header("x-env", "beta", true)], get("/", "x-env", "BETA"), -1],
  ["one value of a repeated header", [header("x", "b")], get("/", "x", "a", "X", "b"), 0],
  ["the joined values of a repeated header", [header("x", "a, b")], get("/", "x", "a", "x", "b"), 0],
])("%s", (_name, rules, input, expected) => {
  expect(compileRules(rules).match(input)).toBe(expected);
});

const text = fc.constantFrom("a", "A", "b", "ab", "Ab", "a, b", "");
const path = fc
  .array(fc.constantFrom("/", "a", "A", "b", "%2f"), { maxLength: 5 })
  .map((parts) => `/${parts.join("")}`);
const flag = fc.constantFrom({}, { caseSensitive: true }, { caseSensitive: false });
const pathMatch = fc
  .tuple(
    fc.oneof(
      path.map((value) => ({ exact: value })),
      path.map((value) => ({ prefix: value })),
    ),
    flag,
  )
  .map(([match, options]) => ({ match, ...options }));
const headerMatch = fc
  .tuple(
    fc.constantFrom("x", "X", "y"),
    fc.oneof(
      text.map((v) => ({ exact: v })),
      text.map((v) => ({ prefix: v })),
      text.map((v) => ({ contains: v })),
    ),
    flag,
  )
  .map(([name, match, options]) => ({ name, match, ...options }));
const rule: fc.Arbitrary<RuleMatch> = fc
  .record(
    { method: fc.constantFrom("GET", "POST"), pathMatch, headerMatches: fc.array(headerMatch, { maxLength: 2 }) },
    { requiredKeys: [] },
  )
  .map((httpMatch) => ({ httpMatch }));
const input: fc.Arbitrary<MatchInput> = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT"),
  path,
  rawHeaders: fc.array(fc.tuple(fc.constantFrom("x", "X", "y", "z"), text), { maxLength: 4 }).map((all) => all.flat()),
});

it("agrees with trying the rules one by one", () => {
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 12 }), fc.array(input, { minLength: 1, maxLength: 8 }), (rules, inputs) => {
      const index = compileRules(rules);
      for (const one of inputs) expect(index.match(one)).toBe(rules.findIndex((r) => ruleMatches(r, one)));
    }),
    { numRuns: 2_000 },
  );
});

it("does not look at one rule after the other", () => {
  const rules = Array.from({ length: 200_000 }, (_, i) =>
    i % 2 === 0 ? prefix(`/api/v1/part-${i}/`) : exact(`/exact/${i}`, true),
  );
  const index = compileRules(rules);
  const request = get("/api/v1/part-199998/items", "host", "h", "accept", "*/*");

  // A hundred milliseconds; a search through the rules would take minutes.
  withinBound(() => {
    for (let i = 0; i < 100_000; i += 1) index.match(request);
  });
  expect(index.match(request)).toBe(199_998);
});
