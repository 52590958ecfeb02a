import { withinBound } from "@pergola/core/testing/within-bound";
import { describe, expect, it } from "vitest";
import { parseRegionSet, regionSetCovers } from "./region-set.ts";

describe("a region set", () => {
  it.each([
    ["*", "us-east-1", true],
    ["us-east-1", "us-east-1", true],
    ["us-east-1", "us-east-10", false],
    ["us-east-1,eu-west-1", "eu-west-1", true],
    ["us-east-1, eu-west-1", "eu-west-1", true],
    ["us-*", "us-west-2", true],
    ["us-*", "eu-west-2", false],
    ["us-*", "aus-west-2", false],
    ["*-1", "us-east-1", true],
    ["*-1", "us-east-2", false],
    ["us-*-1", "us-gov-east-1", true],
    ["us-*-1", "us-1", false],
    ["*east*", "us-east-1", true],
    ["*e*e*e*", "us-east-1", false],
    ["us-east-1*", "us-east-1", true],
    ["us-east**1", "us-east-1", true],
  ])("`%s` on %s: %s", (text, region, covered) => {
    expect(regionSetCovers(parseRegionSet(text) ?? [], region)).toBe(covered);
  });

  it.each([
    ["nothing", ""],
    ["an empty entry", "us-east-1,"],
    ["upper case", "US-EAST-1"],
    ["another wildcard", "us-east-?"],
    ["a line break", "us-east-1\nx"],
    ["too many entries", Array(65).fill("a").join()],
    ["too many characters", "a".repeat(1025)],
  ])("cannot be %s", (_, text) => {
    expect(parseRegionSet(text)).toBeUndefined();
  });

  it("is matched in time that grows with its length only", () => {
    const patterns =
      parseRegionSet(
        Array(15)
          .fill(`${"*a".repeat(31)}b`)
          .join(),
      ) ?? [];
    expect(patterns).toHaveLength(15);
    expect(withinBound(() => regionSetCovers(patterns, "a".repeat(64)))).toBe(false);
  });
});
