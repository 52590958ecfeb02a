import { describe, expect, it } from "vitest";
import { readPresignedIdentity } from "./presigned-identity.ts";

const origin = "https://sts.us-west-2.amazonaws.com";
const now = new Date("2026-11-23T12:00:00Z");
const signature = "a1".repeat(32);
const good: Readonly<Record<string, string>> = {
  Action: "GetCallerIdentity",
  Version: "2011-06-15",
  "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
  "X-Amz-Credential": "AKIAIOSFODNN7EXAMPLE%2F20261123%2Fus-west-2%2Fsts%2Faws4_request",
  "X-Amz-Date": "20261123T115900Z",
  "X-Amz-Expires": "300",
  "X-Amz-SignedHeaders": "host%3Bx-pergola-audience",
  "X-Amz-Signature": signature,
};
const queryOf = (values: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
const read = (url: string, at = now) => readPresignedIdentity(url, { endpoints: [origin], now: at });
const withChanged = (changes: Readonly<Record<string, string | undefined>>) =>
  read(`${origin}/?${queryOf({ ...good, ...changes })}`);

describe("a presigned GetCallerIdentity", () => {
  it("is read, and put together anew", () => {
    const token = "IQoJb3JpZ2luX2VjE%2F%2B%3D%3D";

    const proof = withChanged({ "X-Amz-Security-Token": token });

    const validUntil = new Date("2026-11-23T12:04:00Z");
    const url = `${origin}/?${queryOf({ ...good, "X-Amz-Security-Token": token })}`;
    expect(proof).toEqual({ url, signature, validUntil });
  });

  it("is the same request however its characters are escaped", () => {
    const plain = queryOf(good).replaceAll("%2F", "/").replaceAll("%3B", ";").replace("Action=Get", "Action=%47et");
    expect(read(`${origin}/?${plain}`)).toEqual(withChanged({}));
  });

  it.each([
    ["another host", `https://example.com/?${queryOf(good)}`],
    ["a host that begins like STS's", `${origin}.example.com/?${queryOf(good)}`],
    ["STS's host as a user name", `${origin}@example.com/?${queryOf(good)}`],
    ["STS's host as a user name with a path", `https://sts.us-west-2.amazonaws.com:x@example.com/?${queryOf(good)}`],
    ["another port", `${origin}:8443/?${queryOf(good)}`],
    ["plain HTTP", `http://sts.us-west-2.amazonaws.com/?${queryOf(good)}`],
    ["another region's host", `https://sts.eu-west-1.amazonaws.com/?${queryOf(good)}`],
    ["upper case in the host", `https://STS.us-west-2.amazonaws.com/?${queryOf(good)}`],
    ["a backslash", `${origin}\\@example.com/?${queryOf(good)}`],
    ["a space before", ` ${origin}/?${queryOf(good)}`],
    ["a path", `${origin}/x/?${queryOf(good)}`],
    ["a second slash", `${origin}//example.com/?${queryOf(good)}`],
    ["no query", `${origin}/`],
    ["an empty query", `${origin}/?`],
    ["a fragment", `${origin}/?${queryOf(good)}#x`],
    ["an empty parameter", `${origin}/?${queryOf(good)}&`],
    ["a line break at its end", `${origin}/?${queryOf(good)}\n`],
    ["a line break in a value", `${origin}/?${queryOf({ ...good, "X-Amz-Security-Token": "a%0D%0Ab" })}`],
    ["an action twice", `${origin}/?${queryOf(good)}&Action=GetCallerIdentity`],
    ["two actions", `${origin}/?${queryOf(good)}&Action=AssumeRole`],
    ["a parameter too many", `${origin}/?${queryOf(good)}&DurationSeconds=900`],
    ["a parameter called __proto__", `${origin}/?${queryOf(good)}&__proto__=1`],
    ["a name in another case", `${origin}/?${queryOf(good).replace("Action", "action")}`],
    ["an escaped name", `${origin}/?${queryOf(good).replace("Action", "%41ction")}`],
    ["an escape that is none", `${origin}/?${queryOf(good)}&X-Amz-Security-Token=%zz`],
    ["an escape that is no UTF-8", `${origin}/?${queryOf(good)}&X-Amz-Security-Token=%ff`],
    ["17 KB", `${origin}/?${queryOf(good)}&X-Amz-Security-Token=${"a".repeat(17_000)}`],
  ])("is refused with %s", (_case, url) => {
    expect(read(url)).toEqual(expect.stringMatching(/^url: /));
  });

  it.each<readonly [string, Readonly<Record<string, string | undefined>>]>([
    ["another action", { Action: "AssumeRole" }],
    ["another version", { Version: "2010-05-08" }],
    ["another algorithm", { "X-Amz-Algorithm": "AWS4-ECDSA-P256-SHA256" }],
    ["another service", { "X-Amz-Credential": "AKIAIOSFODNN7EXAMPLE%2F20261123%2Fus-west-2%2Fiam%2Faws4_request" }],
    ["another day", { "X-Amz-Credential": "AKIAIOSFODNN7EXAMPLE%2F20261122%2Fus-west-2%2Fsts%2Faws4_request" }],
    ["no audience", { "X-Amz-SignedHeaders": "host" }],
    ["a header too many", { "X-Amz-SignedHeaders": "host%3Bx-forwarded-for%3Bx-pergola-audience" }],
    ["a signature in upper case", { "X-Amz-Signature": signature.toUpperCase() }],
    ["half a signature", { "X-Amz-Signature": signature.slice(32) }],
    ["a time that does not exist", { "X-Amz-Date": "20261123T250000Z" }],
    ["a time five minutes ago", { "X-Amz-Date": "20261123T115500Z" }],
    ["a time six minutes ahead", { "X-Amz-Date": "20261123T120600Z" }],
    ["a life that is over", { "X-Amz-Expires": "60" }],
    ["a life of 901 seconds", { "X-Amz-Expires": "901" }],
    ["a life of no time", { "X-Amz-Expires": "0" }],
    ...Object.keys(good).map((name) => [`no ${name}`, { [name]: undefined }] as const),
  ])("is refused with %s", (_case, changes) => {
    expect(withChanged(changes)).toEqual(expect.stringMatching(/^url: /));
  });

  it("is not repeated in its refusal, where it could end up in a log", () => {
    expect(withChanged({ "X-Amz-Security-Token": "secret%20token" })).not.toContain("secret");
  });
});
