import { describe, expect, it } from "vitest";
import { canonicalPath, mergedSlashesPath } from "./canonical-path.ts";

describe("the canonical path", () => {
  it.each([
    ["/", "/"],
    ["/a/b-c_d.e~f", "/a/b-c_d.e~f"],
    ["/a%20b", "/a%2520b"],
    ["/a%2Fb", "/a%252Fb"],
    ["/a%2fb", "/a%252fb"],
    ["/a+b", "/a%2Bb"],
    ["/a b", "/a%20b"],
    ["/a:b@c!d$e'f(g)h*i,j;k=l&m", "/a%3Ab%40c%21d%24e%27f%28g%29h%2Ai%2Cj%3Bk%3Dl%26m"],
    ["/%C3%BC", "/%25C3%25BC"],
    ["/\u00c3\u00bc", "/%C3%BC"],
    ["/a\nb", "/a%0Ab"],
    ["//a//b/", "//a//b/"],
    ["/a/../b", "/a/../b"],
  ])("of `%s` is `%s`", (path, canonical) => {
    expect(canonicalPath(path)).toBe(canonical);
  });

  it.each(["/%", "/%2", "/%zz", "/a%2", "/\u0141"])("does not exist for `%s`", (path) => {
    expect(canonicalPath(path)).toBeUndefined();
  });

  it.each([
    ["/a/b", undefined],
    ["//a///b//", "/a/b/"],
    ["//", "/"],
    ["//%20", "/%2520"],
    ["//a/../b", undefined],
    ["//a/.", undefined],
    ["//a/./b", undefined],
    ["/a//..", undefined],
    ["//a..b/...", "/a..b/..."],
  ])("with slashes merged of `%s` is `%s`", (path, merged) => {
    expect(mergedSlashesPath(path)).toBe(merged);
  });
});
