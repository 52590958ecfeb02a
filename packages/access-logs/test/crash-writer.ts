// Run by crash.test.ts as a process of its own: writes records without end and prints how far it is, and when that was.
import { writeSync } from "node:fs";
import { createFileSinks, openAccessLogs } from "@pergola/access-logs";
import { systemClock } from "@pergola/core";
import { cloudwatch, firehose, s3, sampleRecord } from "./sample-record.ts";

const [, , spool = "", logs = "", first = "0"] = process.argv;
const complain = (message: string, details?: Record<string, unknown>): void => console.error(message, details);
const accessLogs = await openAccessLogs({
  dir: spool,
  deliverer: createFileSinks({ dir: logs }),
  clock: systemClock,
  logger: { info: () => {}, warn: complain, error: complain },
  delayMs: { cloudwatch: 20, firehose: 30, s3: 50 },
  segmentBytes: 1 << 20,
});
const sets = [[cloudwatch, s3], [cloudwatch], [firehose, cloudwatch, s3]];
let n = Number(first);
setInterval(() => {
  for (let i = 0; i < 60; i += 1, n += 1) accessLogs.write(sampleRecord(n), sets[n % 3] ?? []);
  writeSync(1, `${n - 1} ${Date.now()}\n`);
}, 10);
