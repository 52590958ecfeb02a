import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeRecordMessage } from "@pergola/access-logs";
import { describe, expect, it, onTestFinished } from "vitest";
import { type OtlpReceiver, openOtlpReceiver, type ReceivedSpan } from "../harness/otlp-receiver.ts";
import { freePorts } from "../harness/pergola.ts";
import type { EntryName } from "./bundle.ts";
import type { RunningEntry } from "./run-entry.ts";
import {
  albEvent,
  groupId,
  host,
  networkId,
  openScene,
  openTarget,
  type Scene,
  serviceId,
  urlEvent,
  useBundles,
} from "./scene.ts";
import { readUrlResponse, type UrlResponse } from "./url-response.ts";

const { dir } = useBundles("router-stream", "router-buffered", "router-alb");

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parentId = "00f067aa0ba902b7";
const traceparent = `00-${traceId}-${parentId}-01`;
const warning = "spans cannot be exported";

type Sent = Parameters<typeof urlEvent>[0];
type Env = Readonly<Record<string, string>>;

/** A router whose target answers with the headers that it got; at /half it breaks off. */
interface Traced {
  readonly scene: Scene;
  readonly entry: RunningEntry;
  /** Resolves when the environment would be frozen. */
  send(request?: Sent): Promise<UrlResponse>;
}

async function open(env: Env, name: EntryName = "router-stream", bundles = dir): Promise<Traced> {
  const scene = await openScene();
  const target = await openTarget((request, response) => {
    if (request.url?.startsWith("/half") !== true) {
      response.end(JSON.stringify(request.headers));
      return;
    }
    response.writeHead(200, { "content-length": "100" });
    response.write("some", () => setTimeout(() => response.destroy(), 20));
  });
  await scene.putTarget(target);
  const entry = await scene.start(bundles, name, env);
  const eventOf = name === "router-alb" ? ({ query: _, ...rest }: NonNullable<Sent>) => albEvent(rest) : urlEvent;
  return {
    scene,
    entry,
    async send(request = {}) {
      const invocation = entry.invoke(eventOf(request));
      const response = await readUrlResponse(invocation);
      await invocation.over;
      return response;
    },
  };
}

async function receiver(...options: Parameters<typeof openOtlpReceiver>): Promise<OtlpReceiver> {
  const opened = await openOtlpReceiver(...options);
  onTestFinished(() => opened[Symbol.asyncDispose]());
  return opened;
}

function seenBy({ body }: UrlResponse): Record<string, string | undefined> {
  return JSON.parse(body.toString()) as Record<string, string | undefined>;
}

/** @returns the span of the request that was recorded at a place */
function spanAt(otlp: OtlpReceiver, { queued }: Scene, at: number): ReceivedSpan {
  const { requestId } = JSON.parse(decodeRecordMessage(queued[at] ?? "")?.line ?? "{}");
  const found = otlp.spans.filter(({ attributes }) => attributes["aws.request_id"] === requestId);
  expect(found).toHaveLength(1);
  return found[0] as ReceivedSpan;
}

function warnings({ output }: RunningEntry): string[] {
  return output.filter((line) => line.includes(warning));
}

describe("spans of a router on Lambda, while their receiver", () => {
  it.each(["away", "refuses", "silent", "dripping"] as const)(
    "is %s: every request is answered, and only the first invocation waits for it",
    async (mood) => {
      const [nobody] = await freePorts(1);
      const otlp = await receiver(mood === "away" ? {} : { mood });
      const url = mood === "away" ? `http://127.0.0.1:${nobody}` : otlp.url;
      // What the environment says may only be less than what an invocation has to spare.
      const { entry, send } = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_TIMEOUT: "60000" });

      for (let i = 0; i < 5; i += 1) expect((await send()).statusCode).toBe(200);
      expect(otlp.exports).toBe(mood === "away" ? 0 : 1);
      expect(warnings(entry)).toHaveLength(1);
    },
  );

  it("has not answered yet: the client of a streamed response has all of it", async () => {
    const answer = Promise.withResolvers<void>();
    const otlp = await receiver({ until: answer.promise });
    const { scene, entry } = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url });

    const invocation = entry.invoke(urlEvent());
    expect((await readUrlResponse(invocation)).statusCode).toBe(200);
    expect(otlp.spans).toEqual([]);
    answer.resolve();
    await invocation.over;
    expect(spanAt(otlp, scene, 0).attributes["http.response.status_code"]).toBe(200);
    expect(warnings(entry)).toEqual([]);
  });

  it.each([
    ["is no URL", { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }, "must be an http or https URL"],
    ["is switched off", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_SDK_DISABLED: "true" }, ""],
  ])("%s: trace context goes through as it is", async (_what, env, logged) => {
    const { entry, send } = await open(env);
    expect(seenBy(await send({ headers: { traceparent, tracestate: "a=1" } }))).toMatchObject({
      traceparent,
      tracestate: "a=1",
    });
    expect(entry.output.join("\n")).toContain(logged);
    expect(warnings(entry)).toEqual([]);
  });
});

describe("spans of a router on Lambda", () => {
  it("tell of what was refused, broke off or failed", async () => {
    const otlp = await receiver();
    const { scene, send } = await open({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${otlp.url}/v1/traces`,
      PERGOLA_CONFIGURATION_TTL_MS: "50",
    });
    expect((await send({ path: "/half" })).brokenOff).toBe(true);
    expect((await send({ method: "POST", body: "a", path: "/half" })).brokenOff).toBe(true);
    await scene.putService({ authType: "AWS_IAM" });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect((await send()).statusCode).toBe(403);

    expect(spanAt(otlp, scene, 0).attributes).toMatchObject({
      "url.path": "/half",
      "http.response.status_code": 200,
      "aws.lattice.failure_reason": "TargetConnectionClosed",
    });
    expect(spanAt(otlp, scene, 1).name).toBe("POST");
    const refused = spanAt(otlp, scene, 2);
    expect(refused.status.code ?? 0).toBe(0);
    expect(refused.attributes).toMatchObject({
      "http.response.status_code": 403,
      "aws.lattice.service.id": serviceId,
      "aws.lattice.failure_reason": "ClientAccessDenied",
    });
  });

  it.each(["router-stream", "router-buffered", "router-alb"] as const)(
    "of %s leave before the environment is frozen, and the target gets their context",
    async (name) => {
      const otlp = await receiver();
      const env = {
        OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
        OTEL_SERVICE_NAME: "the-network",
        AWS_LAMBDA_FUNCTION_NAME: "pergola-dev-Router",
        AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1024",
        AWS_LAMBDA_LOG_STREAM_NAME: "2026/11/30/[$LATEST]0123",
      };
      const { scene, entry, send } = await open(env, name);
      const answer = await send({ path: "/a/path", headers: { host, traceparent, tracestate: "a=1,b=2" } });
      const span = spanAt(otlp, scene, 0);
      await send();

      expect(span).toMatchObject({ traceId, parentSpanId: parentId, traceState: "a=1,b=2", name: "GET", kind: 2 });
      expect(seenBy(answer)).toMatchObject({ traceparent: `00-${traceId}-${span.spanId}-01`, tracestate: "a=1,b=2" });
      expect(BigInt(span.endTimeUnixNano)).toBeGreaterThan(BigInt(span.startTimeUnixNano));
      expect(span.attributes).toMatchObject({
        "http.request.method": "GET",
        "url.path": "/a/path",
        "url.scheme": "https",
        "server.address": host,
        "server.port": 443,
        "network.peer.address": name === "router-alb" ? "10.0.0.7" : "203.0.113.7",
        "http.response.status_code": 200,
        "aws.lattice.service.id": serviceId,
        "aws.lattice.service_network.id": networkId,
        "aws.lattice.target_group.id": groupId,
        "faas.trigger": "http",
        "faas.coldstart": true,
        "faas.invocation_id": expect.stringMatching(/^[0-9a-f-]{36}$/),
        "cloud.resource_id": "arn:aws:lambda:us-west-2:123456789012:function:entry",
      });
      expect(span.resource).toMatchObject({
        "service.name": "the-network",
        "cloud.platform": "aws_lambda",
        "cloud.region": "us-west-2",
        "faas.name": "pergola-dev-Router",
        "faas.instance": "2026/11/30/[$LATEST]0123",
        "faas.max_memory": 1_073_741_824,
      });
      const next = spanAt(otlp, scene, 1);
      expect(next.attributes["faas.coldstart"]).toBe(false);
      expect(next.attributes["faas.invocation_id"]).not.toBe(span.attributes["faas.invocation_id"]);
      expect(otlp.exports).toBe(2);
      expect(warnings(entry)).toEqual([]);
    },
  );

  it("begin a new trace where there is no traceparent, whatever X-Ray says, and are not made where the caller's is not sampled", async () => {
    const otlp = await receiver();
    const { scene, send } = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url });
    const unsampled = await send({ headers: { traceparent: `00-${traceId}-${parentId}-00` } });
    const root = "Root=1-6920f3c5-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0";
    const answer = await send({ headers: { "x-amzn-trace-id": root } });

    expect(seenBy(unsampled).traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    expect(otlp.spans).toHaveLength(1);
    const span = spanAt(otlp, scene, 1);
    expect(span.parentSpanId ?? "").toBe("");
    expect(seenBy(answer)).toMatchObject({
      traceparent: `00-${span.traceId}-${span.spanId}-01`,
      "x-amzn-trace-id": root,
    });
  });

  it("are a part of the program that is not loaded without a receiver, and that no request needs", async () => {
    const without = mkdtempSync(join(tmpdir(), "lambda-without-spans-"));
    onTestFinished(() => rmSync(without, { recursive: true }));
    cpSync(dir, without, { recursive: true });
    const parts = readdirSync(without).filter((file) => /^(invocation|otlp)-tracing/.test(file));
    expect(parts).toHaveLength(2);
    for (const file of parts) rmSync(join(without, file));
    const headers = { traceparent, tracestate: "a=1" };

    const plain = await open({}, "router-stream", without);
    expect(seenBy(await plain.send({ headers }))).toMatchObject(headers);
    expect(plain.entry.output.filter((line) => line.includes("no spans are made"))).toEqual([]);
    const traced = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" }, "router-stream", without);
    expect(seenBy(await traced.send({ headers }))).toMatchObject(headers);
    expect(traced.entry.output.filter((line) => line.includes("no spans are made"))).toHaveLength(1);
  });
});
