import { recoverRecords } from "@pergola/access-logs";
import { createAwsSinks } from "@pergola/aws";
import { describe, expect, it, onTestFinished } from "vitest";
import { connection, motoUrl, silent } from "../aws/moto.ts";
import type { LogEntry } from "../walkthrough/access-log-files.ts";
import {
  deliverWithoutSinks,
  outlastSilence,
  recordWithoutQueue,
  serveWithoutLambda,
  serveWithoutStore,
  startWithoutStore,
  weather,
} from "./fault-phases.ts";
import { type FaultScene, logBucket, logGroup, openFaultScene } from "./fault-scene.ts";
import { readBucket, readLogGroup } from "./log-destinations.ts";

const invocations = 10_000;

describe.skipIf(motoUrl === undefined)("10,000 invocations of the routers while AWS fails", () => {
  it("lose no record, let nobody in, answer as they should, and recover", async () => {
    const scene = await openFaultScene();
    await startWithoutStore(scene);
    await outlastSilence(scene);
    await serveWithoutStore(scene);
    await serveWithoutLambda(scene);
    await recordWithoutQueue(scene);
    await deliverWithoutSinks(scene);
    await weather(scene, invocations - scene.answered.length);

    expect(scene.answered).toHaveLength(invocations);
    requireFaults(scene);
    requireNobodyIn(scene);
    await recover(scene);
    await requireRecords(scene);
  });
});

/** Each kind of fault has happened. */
function requireFaults({ faults, targets }: FaultScene): void {
  const kinds = ["500", "503", "throttled", "reset"];
  const away = ["DynamoDB", "Lambda", "SQS", "Firehose", "Logs", "S3"].flatMap((service) =>
    kinds.map((kind) => `${service} away: ${kind}`),
  );
  const there = ["DynamoDB", "SQS"].flatMap((service) =>
    [...kinds, "answer lost"].map((kind) => `${service} there: ${kind}`),
  );
  const happened = [...faults.happened.keys()];
  expect(happened).toEqual(expect.arrayContaining([...away, ...there, "Lambda throttled", "SQS refused a message"]));
  for (const sink of ["Logs", "S3", "Firehose"]) {
    expect(happened).toContainEqual(expect.stringContaining(`${sink} there: `));
  }
  expect([...targets.shown.keys()].sort()).toEqual(["half", "ok", "reset", "silent", "throw"]);
}

/** No target has seen a request that was to be denied. */
function requireNobodyIn({ answered, targets }: FaultScene): void {
  const denied = answered.filter(({ plan }) => plan.isDenied);
  expect(denied.length).toBeGreaterThan(invocations / 10);
  expect(denied.filter(({ answer }) => answer.status !== 403 && answer.status !== 503)).toEqual([]);
  expect(denied.filter(({ plan }) => targets.reached.has(plan.path))).toEqual([]);
}

/** Brings back what is in the functions' logs alone, as `pergola logs recover` does. */
async function recover({ log }: FaultScene): Promise<void> {
  const sinks = createAwsSinks(connection(), silent);
  onTestFinished(() => sinks.close());
  const { delivered, damaged } = await recoverRecords(log, sinks, AbortSignal.timeout(30_000));
  expect(delivered).toBeGreaterThan(60);
  expect(damaged).toBe(0);
}

/**
 * Every answer has its record at each of its destinations, under its own id. Some have it there twice: a queue, a log group and a
 * stream cannot tell what is sent again because its answer was lost.
 */
async function requireRecords({ deployment, answered }: FaultScene): Promise<void> {
  const { clients, firehose } = deployment;
  // While nothing is known of a service, nothing is known of its access log either.
  const known = answered.filter(({ answer }) => answer.status !== 503);
  const linesOf = (isGuarded: boolean): string[] =>
    known
      .filter(({ plan }) => plan.isGuarded === isGuarded)
      .map(({ plan, answer }) => `${answer.requestId} ${plan.path} ${answer.status}`)
      .sort();
  const requireAll = (entries: readonly LogEntry[], isGuarded: boolean): void => {
    const lines = entries.map(
      ({ requestId, requestPath, responseCode }) => `${requestId} ${requestPath} ${responseCode}`,
    );
    expect([...new Set(lines)].sort()).toEqual(linesOf(isGuarded));
  };
  requireAll(await readLogGroup(clients.logs, logGroup), true);
  requireAll(await readBucket(clients.s3, logBucket), true);
  requireAll(await readBucket(clients.s3, firehose.bucket), false);
}
