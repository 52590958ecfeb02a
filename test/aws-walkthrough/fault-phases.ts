import { setTimeout as sleep } from "node:timers/promises";
import { findRecordMessage } from "@pergola/access-logs";
import { expect } from "vitest";
import { configurationTtlMs, type FaultScene } from "./fault-scene.ts";
import type { Plan } from "./plans.ts";
import type { Answered } from "./router-pool.ts";

/** As docs/lambda.md promises: twice the time for which configuration counts as fresh. */
const inForceMs = 2 * configurationTtlMs;
const visibilityMs = 360_000;
const hourMs = 3_600_000;

function many(count: number, make: () => Plan): Plan[] {
  return Array.from({ length: count }, make);
}

/** Every answer is what it has to be while the configuration is known. */
function requireOutcomes(answered: readonly Answered[]): void {
  const wrong = answered.filter(
    ({ plan, answer }) => plan.status !== answer.status || plan.brokenOff !== answer.brokenOff,
  );
  expect(wrong).toEqual([]);
}

/** Nothing is known, so nothing is let through, and nothing more than that is said. */
export async function startWithoutStore({ faults, plans, send, sendToEach }: FaultScene): Promise<void> {
  faults.away.add("DynamoDB");
  const cold = await send([...many(6, () => plans.make({})), ...many(6, () => plans.make({ who: "closed" }))]);
  expect(cold.map(({ answer }) => answer.status)).toEqual(cold.map(() => 503));
  faults.away.delete("DynamoDB");
  // Everything that an environment knows, it has met: each service, each target group, and the keys of sessions.
  for (const group of ["instance", "function", "refusing"] as const) {
    for (const isGuarded of [true, false]) {
      const caller = "reader";
      requireOutcomes(await sendToEach((kind) => plans.make({ kind, group, isGuarded, who: "private", caller })));
    }
  }
  requireOutcomes(await send(many(60, () => plans.any())));
}

/** Targets that do not answer, until shortly before the invocation's end. */
export async function outlastSilence({ plans, send }: FaultScene): Promise<void> {
  const silentPlans = many(12, () => plans.make({ behaviour: "silent" }));
  // A second and a half for the target: before that, the configuration has to have come, without which nobody knows where to record.
  requireOutcomes(await send(silentPlans, 3_000));
}

/** The last good configuration serves, denials included; what changed meanwhile is in force once the store is back. */
export async function serveWithoutStore({ faults, plans, send, sendToEach, shops }: FaultScene): Promise<void> {
  const revocable = (denies: boolean) => () => plans.make({ who: "revocable", denies });
  requireOutcomes(await send(many(120, revocable(false))));
  faults.away.add("DynamoDB");
  await sleep(inForceMs);
  requireOutcomes(await send(many(1_500, () => plans.any())));
  faults.away.delete("DynamoDB");
  await shops.revoke();
  // Every environment finds out with its first request, which still gets what was known.
  await sleep(inForceMs);
  requireOutcomes(await sendToEach((kind) => plans.make({ kind })));
  await sleep(inForceMs);
  requireOutcomes(await send(many(300, revocable(true))));
}

export /** What Lambda throttles is tried again; what it fails to run is not. */
async function serveWithoutLambda({ faults, plans, send }: FaultScene): Promise<void> {
  const toFunction = (status: number) => () => plans.make({ group: "function", status });
  faults.throttlesInvocations = true;
  requireOutcomes(await send(many(36, toFunction(200))));
  faults.throttlesInvocations = false;
  faults.away.add("Lambda");
  requireOutcomes(await send(many(36, toFunction(502))));
  faults.away.delete("Lambda");
  requireOutcomes(await send(many(36, toFunction(200))));
}

/** Neither the queue nor Firehose: the records are in the functions' logs. */
export async function recordWithoutQueue({ faults, plans, send, queue, log }: FaultScene): Promise<void> {
  const recordsInLog = (): number => log.filter((line) => findRecordMessage(line) !== undefined).length;
  const [queued, logged] = [queue.length, recordsInLog()];
  faults.away.add("SQS").add("Firehose");
  const answered = await send(many(60, () => plans.any()));
  requireOutcomes(answered);
  expect(queue.length).toBe(queued);
  expect(recordsInLog() - logged).toBe(answered.reduce((sum, { plan }) => sum + (plan.isGuarded ? 2 : 1), 0));
  faults.away.delete("SQS");
  faults.away.delete("Firehose");
  requireOutcomes(await send(many(60, () => plans.any())));
}

/** An hour of the queue's time without a log group and without a bucket. */
export async function deliverWithoutSinks({ faults, plans, send, queue, deliver }: FaultScene): Promise<void> {
  await deliver();
  expect(queue.length).toBe(0);
  requireOutcomes(await send(many(240, () => plans.any())));
  const waiting = queue.length;
  expect(waiting).toBeGreaterThan(240);
  faults.away.add("S3").add("Logs");
  for (const end = queue.now + hourMs; queue.now < end; queue.now += visibilityMs) {
    await deliver();
    expect(queue.length).toBe(waiting);
  }
  expect(queue.mostReceives).toBe(hourMs / visibilityMs);
  faults.away.delete("S3");
  faults.away.delete("Logs");
  await deliver();
  expect(queue.length).toBe(0);
  expect(queue.deadLetters).toEqual([]);
}

/** Everything fails now and then, and is tried again. */
export async function weather({ faults, plans, send, queue, deliver }: FaultScene, count: number): Promise<void> {
  faults.weather = { DynamoDB: 0.1, SQS: 0.02, S3: 0.2, Logs: 0.2, Firehose: 0.02 };
  const atOnce = 2_000;
  for (let left = count; left > 0; left -= atOnce) {
    requireOutcomes(await send(many(Math.min(left, atOnce), () => plans.any())));
    await deliver();
  }
  for (; queue.length > 0; queue.now += visibilityMs) await deliver();
  faults.weather = {};
  expect(queue.deadLetters).toEqual([]);
}
