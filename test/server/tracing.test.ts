import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect as connectHttp2, createServer as createHttp2Server, type IncomingHttpHeaders } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { forwardTo, newListener, newRule } from "../harness/lattice-resources.ts";
import { type OpenService, openService } from "../harness/open-service.ts";
import { type OtlpReceiver, openOtlpReceiver, type ReceivedSpan } from "../harness/otlp-receiver.ts";
import { freePorts } from "../harness/pergola.ts";
import { inParallel, openPlainClient, type PlainAnswer } from "../harness/plain-client.ts";
import { openScene, type Scene } from "../harness/scene.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parentId = "00f067aa0ba902b7";
const traceparent = `00-${traceId}-${parentId}-01`;
const echoFunction =
  "export const handler = async ({ headers }) => ({ statusCode: 200, body: JSON.stringify(headers) });";

type Answer = Pick<PlainAnswer, "body" | "requestId">;

/** A service whose targets answer with the headers that they got: a program at /, a function, HTTP/2, and one that is gone. */
interface Traced extends OpenService {
  readonly scene: Scene;
  readonly groupId: string;
  send(path: string, headers?: Readonly<Record<string, string>>): Promise<PlainAnswer>;
}

async function open(settings: Readonly<Record<string, string>>): Promise<Traced> {
  const scene = await openScene({ echo: echoFunction }, settings);
  onTestFinished(() => scene[Symbol.asyncDispose]());
  const { client } = scene;
  const service = await openService(client);
  const program = await scene.startProgram(({ headers }, response) => response.end(JSON.stringify(headers)));
  const group = await scene.groupOf(program);
  const listener = await newListener(client, service.id, { defaultAction: forwardTo(group.id) });
  const [gone = 0] = await freePorts(1);
  const others = {
    "/function": await scene.groupOfFunction("echo"),
    "/http2": await scene.groupOf({ port: await http2Program() }, { protocolVersion: "HTTP2" }),
    "/gone": await scene.groupOf({ port: gone }),
  };
  for (const [at, [prefix, { id }]] of Object.entries(others).entries()) {
    const match = { httpMatch: { pathMatch: { match: { prefix } } } };
    await newRule(client, service.id, listener.id, { priority: at + 1, match, action: forwardTo(id) });
  }
  const plain = openPlainClient(service.host, scene.pergola.httpPort);
  onTestFinished(() => plain[Symbol.dispose]());
  return { ...service, scene, groupId: group.id, send: (path, headers = {}) => plain.send({ path, headers }) };
}

async function http2Program(): Promise<number> {
  const server = createHttp2Server(({ headers }, response) => response.end(JSON.stringify(headers)));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Sends one request with prior knowledge of HTTP/2, which targets of HTTP/2 are for. */
async function sendHttp2(
  { scene, host }: Traced,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const session = connectHttp2(`http://127.0.0.1:${scene.pergola.httpPort}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ":path": path, ":authority": host, ...headers });
  const answered = once(stream, "response") as Promise<[IncomingHttpHeaders]>;
  const body = await text(stream);
  const [head] = await answered;
  return { body, requestId: String(head["x-amzn-requestid"]) };
}

async function receiver(...options: Parameters<typeof openOtlpReceiver>): Promise<OtlpReceiver> {
  const opened = await openOtlpReceiver(...options);
  onTestFinished(() => opened[Symbol.asyncDispose]());
  return opened;
}

function seenBy(answer: Answer): Record<string, string | undefined> {
  return JSON.parse(answer.body) as Record<string, string | undefined>;
}

function spanOf(spans: readonly ReceivedSpan[], { requestId }: Answer): ReceivedSpan {
  const found = spans.filter(({ attributes }) => attributes["aws.request_id"] === requestId);
  expect(found).toHaveLength(1);
  return found[0] as ReceivedSpan;
}

describe("with a receiver of spans", () => {
  it("each request is a span: answered, denied or failed", async () => {
    const otlp = await receiver();
    const traced = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url, OTEL_SERVICE_NAME: "the-network" });
    const { scene, send } = traced;
    const answered = await send("/a/path?secret=1", { traceparent, tracestate: "a=1,b=2", "user-agent": "me" });
    const failed = await send("/gone");
    await scene.client.updateService({ serviceIdentifier: traced.id, authType: "AWS_IAM" });
    const denied = await send("/");
    expect(await scene.pergola.stop()).toBe(0);

    const span = spanOf(otlp.spans, answered);
    expect(span).toMatchObject({ traceId, parentSpanId: parentId, traceState: "a=1,b=2", name: "GET", kind: 2 });
    expect(seenBy(answered)).toMatchObject({ traceparent: `00-${traceId}-${span.spanId}-01`, tracestate: "a=1,b=2" });
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThan(BigInt(span.startTimeUnixNano));
    expect(span.resource["service.name"]).toBe("the-network");
    expect(span.status.code ?? 0).toBe(0);
    expect(span.attributes).toMatchObject({
      "http.request.method": "GET",
      "url.path": "/a/path",
      "url.scheme": "http",
      "server.address": traced.host,
      "server.port": 80,
      "network.peer.address": "127.0.0.1",
      "network.protocol.version": "1.1",
      "user_agent.original": "me",
      "http.response.status_code": 200,
      "aws.lattice.service.id": traced.id,
      "aws.lattice.service_network.id": traced.networkId,
      "aws.lattice.target_group.id": traced.groupId,
    });
    expect(JSON.stringify(span)).not.toContain("secret");
    expect(spanOf(otlp.spans, failed)).toMatchObject({
      status: { code: 2 },
      attributes: {
        "http.response.status_code": 500,
        "error.type": "TargetConnectionError",
        "aws.lattice.failure_reason": "TargetConnectionError",
      },
    });
    const refusal = spanOf(otlp.spans, denied);
    expect(refusal.attributes).toMatchObject({
      "http.response.status_code": 403,
      "aws.lattice.service.id": traced.id,
      "aws.lattice.failure_reason": "ClientAccessDenied",
    });
    expect(refusal.status.code ?? 0).toBe(0);
    expect(refusal.parentSpanId ?? "").toBe("");
  });

  it("functions and targets of HTTP/2 get the span's context in place of the client's", async () => {
    const otlp = await receiver();
    const traced = await open({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${otlp.url}/v1/traces` });
    const headers = { traceparent, tracestate: "a=1" };
    const answers = [await traced.send("/function", headers), await sendHttp2(traced, "/http2", headers)];
    await traced.scene.pergola.stop();

    for (const answer of answers) {
      const { spanId } = spanOf(otlp.spans, answer);
      expect([seenBy(answer).traceparent].flat()).toEqual([`00-${traceId}-${spanId}-01`]);
      expect([seenBy(answer).tracestate].flat()).toEqual(["a=1"]);
    }
  });

  it("what is no traceparent begins a new trace, without the state of another", async () => {
    const otlp = await receiver();
    const { scene, send } = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url });
    const answer = await send("/", { traceparent: `00-${traceId}-${"0".repeat(16)}-01`, tracestate: "a=1" });
    await scene.pergola.stop();

    const span = spanOf(otlp.spans, answer);
    expect(span.traceId).not.toBe(traceId);
    expect(span.parentSpanId ?? "").toBe("");
    expect(seenBy(answer).traceparent).toBe(`00-${span.traceId}-${span.spanId}-01`);
    expect(seenBy(answer)).not.toHaveProperty("tracestate");
  });

  it("workers send theirs, and the sampler's choice goes on to the target", async () => {
    const otlp = await receiver();
    const { scene, send } = await open({
      OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0",
      PERGOLA_WORKERS: "2",
    });
    const sampled = await send("/", { traceparent });
    const unsampled = await send("/");
    await scene.pergola.stop();

    expect(otlp.spans.map(({ attributes }) => attributes["aws.request_id"])).toEqual([sampled.requestId]);
    expect(seenBy(unsampled).traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });

  it.each(["away", "silent"])("that is %s, requests go on and the server ends", async (how) => {
    const [nobody] = await freePorts(1);
    const silent = await receiver({ mood: "silent" });
    const endpoint = how === "silent" ? silent.url : `http://127.0.0.1:${nobody}`;
    const { scene, send } = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    // More than one batch, so that an export has begun and more spans wait.
    const answers = new Map<number, number>();
    await inParallel(600, 16, async () => {
      const { status } = await send("/");
      answers.set(status, (answers.get(status) ?? 0) + 1);
    });

    expect(answers).toEqual(new Map([[200, 600]]));
    expect(await scene.pergola.stop()).toBe(0);
    expect(scene.pergola.output().split("spans cannot be exported")).toHaveLength(2);
    if (how === "silent") expect(silent.exports).toBeGreaterThan(0);
  });
});

/** @returns the files of OpenTelemetry that a run loaded, by what V8 counts of every script */
async function loaded(settings: Readonly<Record<string, string>>): Promise<{ files: string[]; seen: unknown }> {
  const coverage = mkdtempSync(join(tmpdir(), "pergola-loaded-"));
  onTestFinished(() => rmSync(coverage, { recursive: true }));
  const { scene, send } = await open({ NODE_V8_COVERAGE: coverage, ...settings });
  const answer = await send("/", { traceparent, tracestate: "a=1" });
  await scene.pergola.stop();
  const urls = readdirSync(coverage).flatMap((file) => {
    const { result } = JSON.parse(readFileSync(join(coverage, file), "utf8")) as { result: { url: string }[] };
    return result.map(({ url }) => url);
  });
  expect(urls.some((url) => url.includes("start-carrier"))).toBe(true);
  return { files: urls.filter((url) => url.includes("@opentelemetry")), seen: seenBy(answer) };
}

it("without a receiver nothing of OpenTelemetry is loaded, and trace context goes through as it is", async () => {
  const otlp = await receiver();

  const without = await loaded({});

  expect(without.files).toEqual([]);
  expect(without.seen).toMatchObject({ traceparent, tracestate: "a=1" });
  expect((await loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url })).files).not.toEqual([]);
});
