// Open-loop load in a process of its own: writes are sent when they are due, whether or not earlier ones were answered, and each is
// timed from when it was due. Prints one line of JSON. Usage: node latency-load.ts <port> <writes a second> <seconds>
import { setTimeout as pause } from "node:timers/promises";
import { ask, ruleInput } from "./estate.ts";
import { openRawClient, type RawClient, type RawRequest } from "./raw-client.ts";
import { listSubjects, type Subject } from "./subjects.ts";

const [port = 0, rate = 0, seconds = 0] = process.argv.slice(2).map(Number);
const idle: RawClient[] = [];
const subjects = await listSubjects(port);
const latencies: number[] = [];

/** The writes of a busy team: rules and services come, targets are registered, settings and tags change. */
const kinds: readonly ((index: number, subject: Subject) => RawRequest)[] = [
  (index, { service, listener, group }) => ({
    method: "POST",
    path: `/services/${service}/listeners/${listener}/rules`,
    body: ruleInput(6 + Math.floor(index / kinds.length / subjects.length), group),
  }),
  (index, { service }) => ({
    method: "PATCH",
    path: `/services/${service}`,
    body: { idleTimeoutSeconds: 60 + (index % 500) },
  }),
  (index) => ({ method: "POST", path: "/services", body: { name: `later-${index}` } }),
  (index, { group }) => ({
    method: "POST",
    path: `/targetgroups/${group}/registertargets`,
    body: { targets: [{ id: `127.200.${(index >> 8) & 255}.${index & 255}`, port: 9 }] },
  }),
  (index, { arn }) => ({
    method: "POST",
    path: `/tags/${encodeURIComponent(arn)}`,
    body: { tags: { build: String(index) } },
  }),
];

async function write(index: number, due: number, isTimed: boolean): Promise<void> {
  const kind = kinds[index % kinds.length] as (typeof kinds)[number];
  const subject = subjects[Math.floor(index / kinds.length) % subjects.length] as Subject;
  const client = idle.pop() ?? openRawClient(port);
  await ask(client, kind(index, subject));
  if (isTimed) latencies.push(performance.now() - due);
  idle.push(client);
}

const warmSeconds = 3;
const begun = performance.now();
const running: Promise<void>[] = [];
for (let index = 0; index < rate * (seconds + warmSeconds); index += 1) {
  const due = begun + (index * 1000) / rate;
  while (performance.now() < due) await pause(Math.max(0, due - performance.now()));
  running.push(write(index, due, index >= rate * warmSeconds));
}
await Promise.all(running);
latencies.sort((a, b) => a - b);
const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
console.log(JSON.stringify({ p50: at(0.5), p99: at(0.99), max: at(1 - 1 / latencies.length) }));
process.exit(0);
