import { describe, expect, it } from "vitest";
import { linesOf, requestLength } from "./batch-lines.ts";

describe("the lines of a batch", () => {
  it.each([
    ["a\nb\n", ["a\n", "b\n"]],
    ["a\nb", ["a\n", "b"]],
    ["é\n\n", ["é\n", "\n"]],
    ["", []],
  ])("%j", (text, lines) => {
    expect(linesOf(Buffer.from(text)).map(String)).toEqual(lines);
  });
});

describe("a request's length", () => {
  const length = (...sizes: number[]) => requestLength(sizes, (size) => size, { maxCount: 3, maxBytes: 10 });
  it.each([
    ["all that fits", [1, 2, 3], 3],
    ["at most the count", [1, 1, 1, 1], 3],
    ["at most the bytes", [5, 5, 1], 2],
    ["one that is too large, rather than nothing", [11, 1], 1],
    ["nothing of nothing", [], 0],
  ])("is %s", (_, sizes, expected) => {
    expect(length(...sizes)).toBe(expected);
  });
});
