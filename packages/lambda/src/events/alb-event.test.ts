import { describe, expect, it } from "vitest";
import { type AlbEvent, hasMultiValues, readAlbEvent } from "./alb-event.ts";
import { albResult } from "./alb-result.ts";

// Shapes as in the Elastic Load Balancing user guide, "Lambda functions as targets", read 2026-11.
const base = {
  requestContext: { elb: { targetGroupArn: "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/r/1" } },
  httpMethod: "GET",
  path: "/a%20b",
  body: "",
  isBase64Encoded: false,
};
const multi: AlbEvent = {
  ...base,
  multiValueQueryStringParameters: { a: ["1", "%26"], b: [""] },
  multiValueHeaders: {
    host: ["shop.example.com"],
    cookie: ["a=1", "b=2"],
    "x-forwarded-for": ["10.9.9.9, 10.0.0.7"],
    "x-forwarded-port": ["80"],
    "x-forwarded-proto": ["http"],
  },
};
const single: AlbEvent = {
  ...base,
  queryStringParameters: { a: "%26", b: "" },
  headers: {
    host: "shop.example.com",
    "x-forwarded-for": "10.0.0.7",
    "x-forwarded-port": "443",
    "x-forwarded-proto": "https",
  },
};
const reading = { trustForwardedHost: false };

describe("a load balancer's event", () => {
  it("becomes a request with everything that is repeated, where multi-value headers are on", () => {
    expect(hasMultiValues(multi)).toBe(true);
    expect(readAlbEvent(multi, reading)).toMatchObject({
      head: {
        target: "/a%20b?a=1&a=%26&b=",
        host: "shop.example.com",
        rawHeaders: [
          "host",
          "shop.example.com",
          "cookie",
          "a=1",
          "cookie",
          "b=2",
          "x-forwarded-for",
          "10.9.9.9",
          "x-forwarded-port",
          "80",
          "x-forwarded-proto",
          "http",
        ],
      },
      connection: { peerAddress: "10.0.0.7", peerPort: 0, listenerPort: 80 },
    });
  });

  it("becomes a request with what the load balancer has left of it, where they are off", () => {
    expect(hasMultiValues(single)).toBe(false);
    expect(readAlbEvent(single, reading)).toMatchObject({
      head: { target: "/a%20b?a=%26&b=" },
      connection: { peerAddress: "10.0.0.7", listenerPort: 443, tls: { serverName: "shop.example.com" } },
    });
  });

  it.each([
    ["10.9.9.9, 10.0.0.7:5000", "10.0.0.7", 5000],
    ["[2001:db8::1]:5000", "2001:db8::1", 5000],
    ["2001:db8::1", "2001:db8::1", 0],
  ])("has its client's address from the end of `%s`", (forwarded, peerAddress, peerPort) => {
    const event = { ...single, headers: { ...single.headers, "x-forwarded-for": forwarded } };
    expect(readAlbEvent(event, reading)).toMatchObject({ connection: { peerAddress, peerPort } });
  });

  it.each<[string, Partial<AlbEvent>]>([
    ["no client address", { headers: { host: "a" } }],
    ["a client address that is none", { headers: { host: "a", "x-forwarded-for": "10.0.0.7, unknown" } }],
    ["no host", { headers: { "x-forwarded-for": "10.0.0.7" } }],
    ["two hosts", { multiValueHeaders: { host: ["a", "b"], "x-forwarded-for": ["10.0.0.7"] } }],
    ["a decoded query", { queryStringParameters: { a: "x y" } }],
    ["no method", { httpMethod: undefined as never }],
  ])("is malformed with %s", (_why, fields) => {
    expect(readAlbEvent({ ...single, ...fields }, reading)).toBe("malformed");
  });

  it("is too large above 1 MB, which a load balancer does not send", () => {
    const fits = { ...single, body: "a".repeat(1_048_576) };
    expect(readAlbEvent(fits, reading)).toHaveProperty("body.length", 1_048_576);
    expect(readAlbEvent({ ...fits, body: `${fits.body}a` }, reading)).toBe("too-large");
  });
});

describe("a load balancer's result", () => {
  const response = {
    status: 200,
    rawHeaders: [
      "Content-Length",
      "2",
      "Content-Type",
      "text/plain",
      "Set-Cookie",
      "a=1",
      "Set-Cookie",
      "b=2",
      "X-A",
      "1",
      "X-A",
      "2",
    ],
    body: Buffer.from("ok"),
  };

  it("has every value of every header where multi-value headers are on", () => {
    expect(albResult(true)(response)).toEqual({
      statusCode: 200,
      statusDescription: "200 OK",
      multiValueHeaders: { "content-type": ["text/plain"], "set-cookie": ["a=1", "b=2"], "x-a": ["1", "2"] },
      body: "ok",
      isBase64Encoded: false,
    });
  });

  it("has joined headers where they are off, and loses no cookie silently", () => {
    const { rawHeaders } = response;
    const oneCookie = { ...response, rawHeaders: rawHeaders.filter((_text, i) => i !== 6 && i !== 7) };
    expect(albResult(false)(oneCookie)).toMatchObject({
      headers: { "content-type": "text/plain", "set-cookie": "a=1", "x-a": "1, 2" },
    });
    expect(albResult(false)(response)).toMatch(/several cookies/);
  });

  it.each([
    ["text", Buffer.from("a".repeat(1_048_400)), true],
    ["text above it", Buffer.from("a".repeat(1_048_576)), false],
    ["bytes that grow in base64", Buffer.alloc(800_000, 0xff), false],
    ["quotes that grow in JSON", Buffer.from('"'.repeat(600_000)), false],
  ])("is counted as JSON against 1 MB: %s", (_kind, body, fits) => {
    const result = albResult(true)({ status: 200, rawHeaders: [], body });
    expect(typeof result === "object").toBe(fits);
    if (typeof result === "object") expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThanOrEqual(1_048_576);
  });
});
