import { readdirSync } from "node:fs";
import { join } from "node:path";
import { encodeRecordMessage } from "@pergola/access-logs";
import { describe, expect, it, onTestFinished } from "vitest";
import { openOtlpReceiver } from "../harness/otlp-receiver.ts";
import { type RunningEntry, runEntry } from "../lambda/run-entry.ts";
import { account, albEvent, openScene, openTarget, type Scene, subscription, urlEvent } from "../lambda/scene.ts";
import { readUrlResponse } from "../lambda/url-response.ts";
import { deployment } from "./harness/deployment.ts";
import { ofType } from "./harness/graph.ts";

const { graph, artifacts } = deployment("everything");

/** What SST built for a function, in an environment of its own with the function's variables, on the stand-in for AWS. */
async function start(scene: Scene, prefix: string, env: Readonly<Record<string, string>> = {}): Promise<RunningEntry> {
  const [folder = ""] = readdirSync(artifacts).filter((name) => name.startsWith(prefix) && name.endsWith("-src"));
  const name = `${folder.replace(/-src$/, "")}Function`;
  const fn = ofType(graph, "aws:lambda/function:Function").find((one) => one.name === name);
  const variables = fn?.inputs.environment.variables as Record<string, string>;
  return runEntry(join(artifacts, folder, "bundle.mjs"), { ...variables, ...scene.env, ...env });
}

async function resultOf(entry: RunningEntry, event: unknown, timeoutMs?: number): Promise<unknown> {
  const { message } = await entry.invoke(event, timeoutMs).response;
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

describe("what SST built, on Lambda's runtime API", () => {
  it.each([
    ["Router-src", urlEvent],
    ["Vpc0aaa1111Router", albEvent],
  ] as const)("%s passes a request on, and hands over its record and its span", async (prefix, eventOf) => {
    const scene = await openScene();
    await scene.putTarget(await openTarget((_request, response) => response.end("from the target")));
    const otlp = await openOtlpReceiver();
    onTestFinished(() => otlp[Symbol.asyncDispose]());
    // In place of the deployment's own; a request that the sampler may leave out is traced where its caller's is.
    const entry = await start(scene, prefix, { OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url });
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    const invocation = entry.invoke(
      eventOf({ path: "/a", headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } }),
    );
    const { statusCode, body } = await readUrlResponse(invocation);
    expect([statusCode, body.toString()]).toEqual([200, "from the target"]);
    await invocation.over;
    expect(scene.queued).toHaveLength(1);
    expect(otlp.spans).toMatchObject([
      { traceId, attributes: { "url.path": "/a" }, resource: { "deployment.environment.name": "production" } },
    ]);
  });

  it("ControlPlane creates a service", async () => {
    const scene = await openScene();
    const iam = { accountId: account, userArn: `arn:aws:iam::${account}:user/ann`, userId: "AIDA" };
    const entry = await start(scene, "ControlPlane");
    const event = urlEvent({ method: "POST", path: "/services", body: JSON.stringify({ name: "shop" }), iam });
    expect((await readUrlResponse(entry.invoke(event))).statusCode).toBe(201);
  });

  it("AccessRecordsSubscriber delivers a record", async () => {
    const scene = await openScene();
    const keys: string[] = [];
    scene.aws.operations.set("PutObject", (_input, path) => {
      keys.push(path);
      return { status: 200, body: "" };
    });
    const entry = await start(scene, "AccessRecordsSubscriber");
    const body = encodeRecordMessage({ destination: subscription, line: "{}" });
    const Records = [{ messageId: "1", body, attributes: { SentTimestamp: "1795600800000" } }];
    expect(await resultOf(entry, { Records })).toEqual({ batchItemFailures: [] });
    expect(keys).toHaveLength(1);
  });

  it("HealthChecksHandler and DomainVerificationHandler make a round", async () => {
    const scene = await openScene();
    expect(await resultOf(await start(scene, "HealthChecksHandler"), {}, 8_500)).toEqual({ checked: true });
    const verified = await resultOf(await start(scene, "DomainVerificationHandler"), {}, 21_000);
    expect(verified).toEqual({ round: "idle" });
  });

  it("CredentialExchange refuses what proves nothing", async () => {
    const entry = await start(await openScene(), "CredentialExchange");
    const event = urlEvent({ method: "POST", path: "/", body: "{}", headers: { "content-type": "application/json" } });
    expect((await readUrlResponse(entry.invoke(event))).statusCode).toBeGreaterThanOrEqual(400);
  });
});
