import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { SpanProcessor } from "@opentelemetry/sdk-trace";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { headerValue, type Logger } from "@pergola/core";
import { expect, it, onTestFinished, vi } from "vitest";
import { heldSpans } from "./held-spans.ts";

interface Scene {
  /** Names of the spans of each export. */
  readonly exports: string[][];
  readonly connections: () => number;
  readonly logged: string[];
  /** What the receiver answers next. */
  status: number;
  readonly processor: SpanProcessor;
  span(name: string): void;
  /** Lets time pass as it does while a process is frozen: no timer hears of it. */
  freeze(milliseconds: number): void;
}

async function open(): Promise<Scene> {
  vi.useFakeTimers({ toFake: ["Date"] });
  let connections = 0;
  const exports: string[][] = [];
  const server = createServer(async (request, response) => {
    const { resourceSpans } = (await json(request)) as {
      resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[];
    };
    exports.push(resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((one) => one.spans.map((s) => s.name))));
    response.writeHead(scene.status, { "content-type": "application/json" }).end("{}");
  });
  server.on("connection", () => {
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
  const logged: string[] = [];
  const log = (message: string): void => void logged.push(message);
  const logger: Logger = { info: log, warn: log, error: log };
  const processor = heldSpans({ env: process.env, logger, headerValue });
  const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer("test");
  const scene: Scene = {
    exports,
    connections: () => connections,
    logged,
    status: 200,
    processor,
    span: (name) => tracer.startSpan(name).end(),
    freeze: (milliseconds) => vi.setSystemTime(Date.now() + milliseconds),
  };
  return scene;
}

it("spans after a failed export wait half a minute, and leave together; the failure and its end are logged once", async () => {
  const scene = await open();
  const { processor, exports, logged } = scene;
  scene.status = 500;
  scene.span("lost");
  await processor.forceFlush();
  scene.status = 200;
  for (const name of ["a", "b"]) {
    scene.span(name);
    await processor.forceFlush();
    scene.freeze(14_000);
  }
  expect(exports).toEqual([["lost"]]);

  scene.freeze(2_001);
  scene.span("c");
  await processor.forceFlush();
  expect(exports).toEqual([["lost"], ["a", "b", "c"]]);
  expect(logged).toEqual(["spans cannot be exported", "spans are exported again"]);
});

it("at most 512 spans wait", async () => {
  const { processor, exports, span } = await open();
  for (let i = 0; i < 600; i += 1) span(`${i}`);
  await processor.forceFlush();
  await processor.forceFlush();
  expect(exports.map(({ length }) => length)).toEqual([512]);
});

it("a connection is used again, and not after a pause in which it may have died", async () => {
  const { processor, connections, span, freeze, exports } = await open();
  for (const pause of [1_000, 1_000, 4_001, 1_000]) {
    span("one");
    await processor.forceFlush();
    freeze(pause);
  }
  expect([exports.length, connections()]).toEqual([4, 2]);
});
