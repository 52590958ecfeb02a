import { Writable } from "node:stream";
import { openMemoryStore, owners, systemClock, systemIds } from "@pergola/core";
import { createRecordOutbox, createRouter, streamingHandler } from "@pergola/lambda";
import { event, loggedService, network, networkId, region, serviceId } from "../../stacks/tools/sample-deployment.ts";

type StreamingHandler = (event: unknown, response: Writable, context: object) => Promise<void>;

/** Milliseconds of one request. */
export interface WarmTimes {
  readonly p50: number;
  readonly p99: number;
}

/**
 * What the router itself takes of a warm request, middy and the response stream included, from the event to the record handed over: 100
 * rules, two policies and a log subscription; no store, target or queue is waited for.
 */
export async function measureWarm(requests: number): Promise<WarmTimes> {
  const store = openMemoryStore();
  await store.transact([
    { kind: "put", key: { owner: owners.serviceSnapshots, id: serviceId }, value: loggedService, expect: "any" },
    { kind: "put", key: { owner: owners.networkSnapshots, id: networkId }, value: network, expect: "any" },
  ]);
  const logger = console;
  let sent = 0;
  const sink = { deliver: () => Promise.reject(new Error("no record goes past the queue")) };
  const router = createRouter({
    store,
    region,
    vpcs: { vpcOf: () => "any" },
    targets: { addressOf: () => undefined },
    lambda: { invoke: () => Promise.reject(new Error("no target")) },
    credentials: () => undefined,
    records: createRecordOutbox({
      queue: {
        async send(messages) {
          sent += messages.length;
        },
      },
      sinks: { s3: sink, firehose: sink, cloudwatch: sink },
      clock: systemClock,
      logger,
      writeLost: () => undefined,
    }),
    clock: systemClock,
    ids: systemIds,
    logger,
    configurationTtl: 5_000,
  });
  let prelude: { readonly statusCode?: number } = {};
  const from = (stream: Writable, given: typeof prelude): Writable => {
    prelude = given;
    return stream;
  };
  Object.assign(globalThis, { awslambda: { streamifyResponse: (one: unknown) => one, HttpResponseStream: { from } } });
  const handler = streamingHandler(router, { trustForwardedHost: true }) as unknown as StreamingHandler;
  const context = { awsRequestId: "00000000-0000-0000-0000-000000000000", getRemainingTimeInMillis: () => 30_000 };
  const text = JSON.stringify(event);
  const times: number[] = [];
  for (let i = 0; i < requests; i += 1) {
    const parsed: unknown = JSON.parse(text);
    const response = new Writable({ write: (_chunk, _encoding, done) => done() });
    const start = performance.now();
    await handler(parsed, response, context);
    times.push(performance.now() - start);
    if (prelude.statusCode !== 404) throw new Error(`the router answered ${prelude.statusCode}`);
  }
  if (sent !== requests) throw new Error(`${sent} records for ${requests} requests`);
  const sorted = times.slice(requests / 5).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
