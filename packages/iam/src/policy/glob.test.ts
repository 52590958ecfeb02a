import { withinBound } from "@pergola/core/testing/within-bound";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileArnGlob } from "./arn-glob.ts";
import { compileGlob } from "./glob.ts";
import { type Pattern, parsePattern } from "./pattern.ts";

const pattern = (text: string): Pattern => parsePattern(text, { wildcards: true, variables: false }) as Pattern;

/** The definition, by dynamic programming: slow and plain. */
function matchesByDefinition(glob: string, text: string): boolean {
  let reachable = [true, ...Array<boolean>(text.length).fill(false)];
  for (const char of glob.split("")) {
    const next = Array<boolean>(text.length + 1).fill(false);
    for (let i = 0; i <= text.length; i += 1) {
      if (char === "*") next[i] = reachable[i] === true || (i > 0 && next[i - 1] === true);
      else if (i > 0) next[i] = reachable[i - 1] === true && (char === "?" || char === text[i - 1]);
    }
    reachable = next;
  }
  return reachable[text.length] === true;
}

const letters = (alphabet: string, maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...alphabet.split("")), { maxLength }).map((chars) => chars.join(""));

describe("globs", () => {
  it("match as their definition says", () => {
    fc.assert(
      fc.property(letters("ab*?", 12), letters("ab", 14), (glob, text) => {
        expect(compileGlob(pattern(glob))(text)).toBe(matchesByDefinition(glob, text));
      }),
      { numRuns: 5000 },
    );
  });

  it("match as their definition says with long segments of question marks", () => {
    fc.assert(
      fc.property(letters("aab??", 90), letters("aaab", 8), letters("aaab", 300), (segment, start, text) => {
        const glob = `${start}*${segment}*`;
        expect(compileGlob(pattern(glob))(text)).toBe(matchesByDefinition(glob, text));
        const planted = `${start}x${segment.replaceAll("?", "b")}y`;
        expect(compileGlob(pattern(glob))(planted)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("take regular expressions' characters as text", () => {
    expect(compileGlob(pattern("a.c+(x)*"))("a.c+(x)yz")).toBe(true);
    expect(compileGlob(pattern("a.c"))("abc")).toBe(false);
  });
});

describe("globs cost little, however they are made", () => {
  const path = "a".repeat(262_144);
  it.each([
    ["stars between letters", "*a".repeat(5000)],
    ["stars that never end", `${"*a".repeat(5000)}*b`],
    ["one long segment", `*${"a".repeat(10_000)}b*`],
    ["a long periodic segment", `*${"ab".repeat(4000)}*`],
    ["question marks between letters", `*${"a?".repeat(5000)}b*`],
    ["question marks alone", `*${"?".repeat(10_000)}b*`],
    ["stars and question marks", "*?".repeat(5000)],
    ["only stars", "*".repeat(10_000)],
  ])("%s", (_name, glob) => {
    // A backtracking matcher takes longer than the age of the universe for most of these.
    withinBound(() => compileGlob(pattern(glob))(path));
  });
});

describe("ARN globs", () => {
  it.each([
    ["arn:aws:s3:::b/*", "arn:aws:s3:::b/x", true],
    ["arn:aws:s3:::b/*", "arn:aws:s3:::b/x:y", true],
    ["arn:*:s3:::b", "arn:aws:x:s3:::b", false],
    ["arn:aws:iam::*:role/a", "arn:aws:iam::1:role/a", true],
    ["arn:aws:iam::*:role/a", "arn:aws:iam::1:role/b", false],
    ["arn:aws:*", "arn:aws:iam::1:role/b", true],
    ["*", "arn:aws:iam::1:role/b", true],
    ["*", "no arn", false],
    ["arn:aws:iam::1", "arn:aws:iam::1", false],
    ["a:b:c:d:e:f", "a:b:c:d:e:f", true],
  ])("%s, %s: %s", (glob, text, expected) => {
    expect(compileArnGlob(pattern(glob))(text)).toBe(expected);
  });
});
