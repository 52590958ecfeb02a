import { withinBound } from "@pergola/core/testing/within-bound";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PolicyDecision } from "../auth-context.ts";
import { anonymous } from "../principal.ts";
import { authorise } from "./authorise.ts";
import { compileAuthPolicy } from "./compiled-policy.ts";
import { exampleContext, exampleStatement as statement } from "./example-context.ts";
import { pathReadings } from "./path-readings.ts";

const service = "arn:aws:vpc-lattice:us-east-1:111122223333:service/svc-0123456789abcdef0";
const deny = (changes: object): object[] => [statement({}), statement({ Effect: "Deny", ...changes })];
const condition = (key: string, value: string): object => ({
  Condition: { StringEquals: { [`vpc-lattice-svcs:${key}`]: value } },
});

function isAllowed(statements: object[], request: Partial<Parameters<typeof exampleContext>[0] & object>): boolean {
  const policy = compileAuthPolicy(JSON.stringify({ Version: "2012-10-17", Statement: statements }));
  return authorise({ service: { policy } }, exampleContext({ principal: anonymous, ...request })).allowed;
}

describe("a deny of a path", () => {
  it.each([
    ["/admin", "/admin*"],
    ["//admin", "/admin*"],
    ["///admin/x", "/admin*"],
    ["/api//admin", "/api/admin"],
    ["/api%2Fadmin", "/api/admin"],
    ["/api%2fadmin", "/api/admin"],
    ["/api%5Cadmin", "/api/admin"],
    ["/api\\admin", "/api/admin"],
    ["/\\admin", "/admin*"],
    ["/api;v=1/admin", "/api/admin"],
    ["/admin;x", "/admin"],
    ["/;x/admin", "/admin*"],
    ["/%3Bx/admin", "/admin*"],
    ["/%61dmin", "/admin*"],
    ["/a%3Ab", "/a:b"],
    ["/caf%c3%a9", "/caf%C3%A9"],
    ["/caf\xc3\xa9", "/caf%C3%A9"],
    ["/caf%C3%A9", "/café"],
    ["/caf\xc3\xa9", "/café"],
    ["//other/admin", "/admin*"],
    ["/\\other/admin", "/admin*"],
    ["//other", "/"],
    ["/%3b%5cpublic/admin", "/admin*"],
    ["/;%2fpublic/admin", "/admin*"],
  ])("%s is one of %s", (path, pattern) => {
    expect(isAllowed(deny({ Resource: service + pattern }), { path })).toBe(false);
    if (!pattern.endsWith("*")) expect(isAllowed(deny(condition("RequestPath", pattern)), { path })).toBe(false);
  });

  it.each([
    ["/public/admin", "/admin*"],
    ["/a%2fb", "/a/c"],
    ["/adm%20in", "/admin"],
    ["/%2561dmin", "/admin"],
  ])("%s is none of %s", (path, pattern) => {
    expect(isAllowed(deny({ Resource: service + pattern }), { path })).toBe(true);
  });
});

it("lets an allow of a path be about the path as it is written", () => {
  const only = [statement({ Resource: `${service}/files/a%20b*` })];
  expect(isAllowed(only, { path: "/files/a%20b%2Fc" })).toBe(true);
  expect(isAllowed(only, { path: "/files/a b" })).toBe(false);
  expect(isAllowed([statement({ Resource: `${service}/admin` })], { path: "/%61dmin" })).toBe(false);
});

it.each([
  ["a=1;admin=1", "1"],
  ["a;admin=1&b", "1"],
  ["%61dmin=1", "1"],
  ["admin=0&admin=1", "1"],
  ["admin=%31", "1"],
])("finds the denied parameter in %s", (query, value) => {
  expect(isAllowed(deny(condition("RequestQueryString/admin", value)), { query })).toBe(false);
});

it("holds a deny of a header against the spelling with underscores", () => {
  const statements = deny(condition("RequestHeader/x-tenant", "evil"));
  expect(isAllowed(statements, { rawHeaders: ["X_Tenant", "evil"] })).toBe(false);
  expect(isAllowed(statements, { rawHeaders: ["X_Tenant", "good"] })).toBe(true);
  const wanted = [statement(condition("RequestHeader/x-tenant", "good"))];
  expect(isAllowed(wanted, { rawHeaders: ["X_Tenant", "good"] })).toBe(false);
});

describe("a method override", () => {
  const onlyPost = [statement(condition("RequestMethod", "POST"))];
  const noDelete = deny(condition("RequestMethod", "DELETE"));

  it.each([
    "X-HTTP-Method-Override",
    "x-http-method-override",
    "X-HTTP-Method",
    "X-Method-Override",
    "X_HTTP_Method_Override",
  ])("by %s has to be allowed like the method itself", (name) => {
    for (const value of ["DELETE", "delete", " Delete ", "POST, DELETE"]) {
      const request = { method: "POST", rawHeaders: [name, value] };
      expect(isAllowed(noDelete, request)).toBe(false);
      expect(isAllowed(onlyPost, request)).toBe(false);
    }
    expect(isAllowed(onlyPost, { method: "POST", rawHeaders: [name, "post"] })).toBe(true);
    expect(isAllowed(noDelete, { method: "POST", rawHeaders: [name, "PUT"] })).toBe(true);
  });

  it("is denied together with the path that it is for", () => {
    const statements = deny({ ...condition("RequestMethod", "DELETE"), Resource: `${service}/a/b` });
    expect(isAllowed(statements, { method: "POST", path: "/a%2fb", rawHeaders: ["x-http-method", "DELETE"] })).toBe(
      false,
    );
  });

  it("is denied when there are more than any client sends", () => {
    const rawHeaders = ["A", "B", "C", "D"].flatMap((method) => ["X-HTTP-Method", method]);
    expect(isAllowed([statement({})], { method: "POST", rawHeaders })).toBe(false);
  });
});

it("denies a request that is long and odd, rather than to read it in a hundred ways", () => {
  const rawHeaders = ["x_a", "1", "x-http-method", "A,B,C"];
  const outcome = (times: number): { allowed: boolean; decisions: number } => {
    let decisions = 0;
    const decide = (): PolicyDecision => {
      decisions += 1;
      return "Allow";
    };
    const path = `//${"%2f;%5ca%c3%a9".repeat(times)}`;
    const { allowed } = authorise(
      { service: { policy: { decide } } },
      exampleContext({ principal: anonymous, method: "POST", path, query: "a;b".repeat(times), rawHeaders }),
    );
    return { allowed, decisions };
  };

  expect(outcome(10)).toEqual({ allowed: true, decisions: 80 });
  expect(outcome(4_000)).toEqual({ allowed: false, decisions: 1 });
  expect(isAllowed([statement({})], { path: `/${"a%20".repeat(4_000)}` })).toBe(true);
});

it("reads any path in at most six other ways, in linear time", () => {
  const piece = fc.constantFrom("/", "%", "2", "f", "%2f", "%5C", "\\", ";", "a", ".", "\xe9", "%c3", "//", "%25");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const path = `/${pieces.join("")}`;
      const readings = pathReadings(path);
      expect(readings.length).toBeLessThanOrEqual(6);
      expect(readings).not.toContain(path);
    }),
    { numRuns: 2_000 },
  );
  for (const unit of ["/", ";", "%25", "//;", "\\", "\xe9"]) {
    const path = `/${unit.repeat(500_000 / unit.length)}`;
    withinBound(() => pathReadings(path));
  }
});
