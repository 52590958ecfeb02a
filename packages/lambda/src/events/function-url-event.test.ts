import { describe, expect, it } from "vitest";
import type { EventReading } from "./event-request.ts";
import { type FunctionUrlEvent, readFunctionUrlEvent } from "./function-url-event.ts";

// Shapes as captured: Lambda developer guide, "Request payload format", and published captures, read 2026-11.
const context = {
  http: { method: "GET", path: "/", protocol: "HTTP/1.1", sourceIp: "203.0.113.7", userAgent: "curl" },
};
const plain: FunctionUrlEvent = {
  version: "2.0",
  rawPath: "/",
  rawQueryString: "",
  headers: {
    host: "abc.lambda-url.us-west-2.on.aws",
    "x-forwarded-proto": "https",
    "x-forwarded-port": "443",
    "x-forwarded-for": "203.0.113.7",
    "x-amzn-tls-version": "TLSv1.3",
    "x-amzn-tls-cipher-suite": "TLS_AES_128_GCM_SHA256",
  },
  requestContext: context,
  isBase64Encoded: false,
};
const open: EventReading = { trustForwardedHost: true };

function read(fields: Partial<FunctionUrlEvent> = {}, reading = open): ReturnType<typeof readFunctionUrlEvent> {
  return readFunctionUrlEvent({ ...plain, ...fields }, reading);
}

function withHeaders(headers: Record<string, string>): Partial<FunctionUrlEvent> {
  return { headers: { ...plain.headers, ...headers } };
}

describe("a function URL's event", () => {
  it.each([
    [
      "escapes stay escapes",
      { rawPath: "/a%2Fb%20c", rawQueryString: "x=%26&x=2&y" },
      { target: "/a%2Fb%20c?x=%26&x=2&y", path: "/a%2Fb%20c", query: "x=%26&x=2&y" },
    ],
    ["double slashes stay", { rawPath: "//a" }, { target: "//a" }],
    [
      "cookies are a header again",
      { cookies: ["a=1", "b=2"] },
      { rawHeaders: expect.arrayContaining(["cookie", "a=1; b=2"]) },
    ],
    [
      "repeated headers come joined",
      withHeaders({ accept: "a,b" }),
      { rawHeaders: expect.arrayContaining(["accept", "a,b"]) },
    ],
    [
      "HTTP/2 is known",
      { requestContext: { http: { ...context.http, protocol: "HTTP/2.0" } } },
      { protocol: "HTTP/2" },
    ],
    [
      "the name that the client asked for counts",
      withHeaders({ "x-forwarded-host": "Shop.example.com" }),
      { host: "shop.example.com", rawHeaders: expect.arrayContaining(["host", "Shop.example.com"]) },
    ],
  ] as const)("becomes a request: %s", (_fact, fields, head) => {
    expect(read(fields as Partial<FunctionUrlEvent>)).toMatchObject({ head });
  });

  it.each([
    ["text", { body: "grün" }, Buffer.from("grün")],
    ["base64", { body: "AP8=", isBase64Encoded: true }, Buffer.from([0, 255])],
    ["none", {}, Buffer.alloc(0)],
    ["null", { body: null }, Buffer.alloc(0)],
  ])("has its body as bytes: %s", (_kind, fields, body) => {
    const request = read(fields);
    expect(request).toMatchObject({ body });
    const lengths = body.length === 0 ? [] : [String(body.length)];
    expect(typeof request === "string" ? [] : valuesOf(request.head.rawHeaders, "content-length")).toEqual(lengths);
  });

  it("knows the client's address from Lambda alone, and leaves what the client claims to the target", () => {
    const request = read(withHeaders({ "x-forwarded-for": "10.0.0.1, 203.0.113.7" }));
    expect(request).toMatchObject({
      connection: {
        peerAddress: "203.0.113.7",
        listenerPort: 443,
        tls: { version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256", serverName: "abc.lambda-url.us-west-2.on.aws" },
      },
    });
    expect(typeof request === "string" ? [] : valuesOf(request.head.rawHeaders, "x-forwarded-for")).toEqual([
      "10.0.0.1",
    ]);
  });

  it("comes in on the listener that the stack names", () => {
    const request = read({}, { trustForwardedHost: false, listener: { protocol: "HTTP", port: 80 } });
    expect(request).toMatchObject({ connection: { listenerPort: 80 } });
    expect(request).not.toHaveProperty("connection.tls");
  });

  it("names no host but its own where X-Forwarded-Host is not trusted", () => {
    const request = read(withHeaders({ "x-forwarded-host": "other.example.com" }), { trustForwardedHost: false });
    expect(request).toMatchObject({ head: { host: "abc.lambda-url.us-west-2.on.aws" } });
  });

  it.each<[string, Partial<FunctionUrlEvent>]>([
    ["a space in the path", { rawPath: "/a b" }],
    ["a decoded query mark", { rawPath: "/a?b" }],
    ["a fragment", { rawQueryString: "a#b" }],
    ["a line break in the query", { rawQueryString: "a=1\r\nx: y" }],
    ["no path", { rawPath: "" }],
    ["an absolute path form", { rawPath: "http://other/" }],
    ["a line break in a header", withHeaders({ "x-a": "1\r\nx-b: 2" })],
    ["a header that is no text", withHeaders({ "x-a": 1 as unknown as string })],
    ["a header above Latin-1", withHeaders({ "x-a": "\u{1f600}" })],
    ["a header name with a space", withHeaders({ "x a": "1" })],
    ["another length than its body", { ...withHeaders({ "content-length": "5" }), body: "abc" }],
    ["a forwarded host that is none", withHeaders({ "x-forwarded-host": "a b" })],
    ["two forwarded hosts", withHeaders({ "x-forwarded-host": "a.example.com, b.example.com" })],
    ["an address that is none", { requestContext: { http: { ...context.http, sourceIp: "localhost" } } }],
    ["no request context", { requestContext: undefined as never }],
    ["a body that is no text", { body: {} as never }],
    ["too many headers", { headers: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x-${i}`, "1"])) }],
    ["headers above 60 KB", withHeaders({ "x-a": "a".repeat(61_440) })],
  ])("is malformed with %s", (_why, fields) => {
    expect(read(fields)).toBe("malformed");
  });
});

describe("the caller whom Lambda has verified", () => {
  const iam = {
    accessKey: "AKIA",
    accountId: "123456789012",
    callerId: "AIDA",
    cognitoIdentity: null,
    principalOrgId: "o-ab12cd34ef",
    userId: "AIDA",
  };
  const reads = (userArn: string, more = {}): ReturnType<typeof readFunctionUrlEvent> =>
    read({ requestContext: { ...context, authorizer: { iam: { ...iam, userArn, ...more } } } });

  it.each([
    [
      "arn:aws:iam::123456789012:user/team/ann",
      { type: "User", username: "ann", userId: "AIDA", orgId: "o-ab12cd34ef" },
    ],
    [
      "arn:aws:sts::123456789012:assumed-role/shop/one",
      { type: "AssumedRole", roleArn: "arn:aws:iam::123456789012:role/shop", sessionName: "one" },
    ],
    ["arn:aws:iam::123456789012:root", { type: "Account", account: "123456789012" }],
  ])("%s is a principal", (arn, principal) => {
    expect(reads(arn)).toMatchObject({ principal: { kind: "aws", arn, tags: {}, ...principal } });
  });

  it("has no organization where Lambda names none", () => {
    expect(reads("arn:aws:iam::123456789012:root", { principalOrgId: null })).not.toHaveProperty("principal.orgId");
  });

  it.each(["", "arn:aws:iam::123456789012:role/shop", "AIDA"])("is refused, not anonymous, as `%s`", (arn) => {
    expect(reads(arn)).toBe("unknown-caller");
  });

  it.each([undefined, null, {}, { iam: null }])("is anonymous with the authorizer %j", (authorizer) => {
    expect(read({ requestContext: { ...context, ...(authorizer === undefined ? {} : { authorizer }) } })).toMatchObject(
      { principal: undefined },
    );
  });
});

function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_value, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
}
