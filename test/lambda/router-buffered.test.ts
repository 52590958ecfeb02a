import { decodeRecordMessage } from "@pergola/access-logs";
import { describe, expect, it } from "vitest";
import { albEvent, openScene, openTarget, urlEvent, useBundles } from "./scene.ts";
import { readUrlResponse } from "./url-response.ts";

const { dir } = useBundles("router-buffered", "router-alb");

function recordsOf(queued: readonly string[]): Record<string, unknown>[] {
  return queued.map((text) => JSON.parse(decodeRecordMessage(text)?.line ?? "{}"));
}

describe("the buffered router", () => {
  it("gives whole responses, bytes as base64, and hands the record over before it ends", async () => {
    const scene = await openScene();
    const bytes = Buffer.from([0, 255, 254]);
    const target = await openTarget((request, response) => {
      response.setHeader("Set-Cookie", ["a=1", "b=2"]);
      response.end(request.url === "/bytes" ? bytes : `grün ${request.method}`);
    });
    await scene.putTarget(target);
    const entry = await scene.start(dir, "router-buffered");

    const text = await readUrlResponse(entry.invoke(urlEvent({ method: "PUT", body: "x" })));
    expect(text).toMatchObject({ statusCode: 200, cookies: ["a=1", "b=2"], isBase64Encoded: false });
    expect(text.body.toString()).toBe("grün PUT");
    expect(recordsOf(scene.queued)).toMatchObject([{ requestMethod: "PUT", responseCode: 200 }]);
    expect(await readUrlResponse(entry.invoke(urlEvent({ path: "/bytes" })))).toMatchObject({
      isBase64Encoded: true,
      body: bytes,
    });
    const head = await readUrlResponse(entry.invoke(urlEvent({ method: "HEAD" })));
    expect([head.statusCode, head.body.length]).toEqual([200, 0]);
  });

  it("answers 502 to what a function cannot give back, and to half a response; the record says so", async () => {
    const scene = await openScene();
    const target = await openTarget((request, response) => {
      if (request.url === "/large") response.end(Buffer.alloc(7 * 1024 * 1024, "a"));
      else {
        response.writeHead(200, { "content-length": "100" });
        response.write("some", () => setTimeout(() => response.destroy(), 20));
      }
    });
    await scene.putTarget(target);
    const entry = await scene.start(dir, "router-buffered");

    const large = await readUrlResponse(entry.invoke(urlEvent({ path: "/large" })));
    expect([large.statusCode, large.body.toString()]).toEqual([502, expect.stringMatching(/larger than \d+ bytes/)]);
    const half = await readUrlResponse(entry.invoke(urlEvent({ path: "/half" })));
    expect(half.statusCode).toBe(502);
    expect(recordsOf(scene.queued)).toMatchObject([
      { responseCode: 502, requestId: large.headers["x-amzn-requestid"] },
      { responseCode: 502, requestId: half.headers["x-amzn-requestid"], failureReason: "TargetConnectionClosed" },
    ]);
  });
});

describe("the router behind a load balancer", () => {
  it("keeps what is repeated, both ways", async () => {
    const scene = await openScene();
    const seen: unknown[] = [];
    const target = await openTarget((request, response) => {
      const { headersDistinct, url } = request;
      seen.push(url, headersDistinct["x-tag"], headersDistinct["x-forwarded-for"]);
      response.setHeader("Set-Cookie", ["a=1", "b=2"]);
      response.end("ok");
    });
    await scene.putTarget(target);
    const entry = await scene.start(dir, "router-alb");

    const response = await readUrlResponse(entry.invoke(albEvent({ path: "/a%2Fb" })));
    expect(response).toMatchObject({
      statusCode: 200,
      statusDescription: "200 OK",
      multiValueHeaders: { "set-cookie": ["a=1", "b=2"] },
    });
    expect(seen).toEqual(["/a%2Fb?a=1&a=2", ["a", "b"], ["10.0.0.7"]]);
    expect(recordsOf(scene.queued)).toMatchObject([{ sourceIpPort: "10.0.0.7:0" }]);
  });

  it("answers 413 above 1 MB of request, and 502 above 1 MB of response", async () => {
    const scene = await openScene();
    await scene.putTarget(await openTarget((_request, response) => response.end(Buffer.alloc(1_048_577, "a"))));
    const entry = await scene.start(dir, "router-alb");

    expect(
      await readUrlResponse(entry.invoke(albEvent({ method: "POST", body: "a".repeat(1_048_577) }))),
    ).toMatchObject({
      statusCode: 413,
    });
    const large = await readUrlResponse(entry.invoke(albEvent()));
    expect([large.statusCode, large.body.toString()]).toEqual([
      502,
      expect.stringContaining("larger than 1048576 bytes"),
    ]);
  });
});
