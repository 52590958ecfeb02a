import { withinBound } from "@pergola/core/testing/within-bound";
import { expect, it } from "vitest";
import { isDeceptivePath } from "./path-form.ts";

it.each([
  "/..",
  "/.",
  "/../admin",
  "/./admin",
  "/public/../admin",
  "/public/..",
  "/public/.",
  "/public/..;/admin",
  "/public/..;x=y/admin",
  "/public/..%3b/admin",
  "/%2e%2e/admin",
  "/public/%2E%2e/admin",
  "/public/.%2e/admin",
  "/public/%2e",
  "/public%2f../admin",
  "/public%2F..%2Fadmin",
  "/public%5c..%5cadmin",
  "/public/..%5Cadmin",
  "/public/%252e%252e/admin",
  "/public/%25252e%25252E/admin",
  "/public/..%252fadmin",
  "/public\\admin",
  "/public\\..\\admin",
  "/\\admin",
  "/%61dmin",
  "/%41dmin",
  "/%7A",
  "/v%31",
  "/a%2Db",
  "/a%5fb",
  "/a%00",
  "/a%0d%0aX: y",
  "/a%0A",
  "/a%1f",
  "/a%7F",
  "/a%2500",
  "/a%252500",
  "/a%c0%ae%c0%ae/b",
  "/a%C0%AFb",
  "/a%c1%9c",
  "/a%e0%80%ae",
  "/a%E0%9F%BF",
  "/a%f0%80%80%ae",
  "/%",
  "/a%2",
  "/a%zz",
  "/a%u002e",
])("%s reads as another path", (path) => {
  expect(isDeceptivePath(path)).toBe(true);
});

it.each([
  "/",
  "//",
  "/a//b",
  "/a/",
  "/a.b/c.d",
  "/...",
  "/.../a",
  "/.well-known/x",
  "/a/.hidden",
  "/a/..b",
  "/a/b..",
  "/a/b./c",
  "/~user",
  "/%7Euser",
  "/a;v=1/b;w",
  "/a:b@c,d=e&f+g!h*i'(j)$",
  "/a%20b",
  "/a%2Fb",
  "/a%2fb",
  "/a%5Cb",
  "/a%3Ab%3b",
  "/a%25b",
  "/a%2525",
  "/a%252Fb",
  "/caf%C3%A9",
  "/caf%c3%a9",
  "/caf\xc3\xa9",
  "/%E2%82%AC",
  "/%E0%A4%A8",
  "/%F0%9F%8C%BF",
  "/caf%E9",
  "/a{b}|c^d`<e>",
  "/users.UserService/Get",
])("%s is read by all alike, or as docs/request-reading.md says", (path) => {
  expect(isDeceptivePath(path)).toBe(false);
});

it("takes time linear in the path", () => {
  for (const unit of ["/", "/.", "%25", "/%25", "/..%25", "%2525/", "/.a", "\xff"]) {
    const path = `/${unit.repeat(2_000_000 / unit.length)}`;
    withinBound(() => isDeceptivePath(path));
  }
});
