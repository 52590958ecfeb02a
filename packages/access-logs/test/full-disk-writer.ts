// Run by access-logs.test.ts under a file size limit: writes more than fits into the spool's files, and reports.

import { openAccessLogs } from "@pergola/access-logs";
import { systemClock } from "@pergola/core";
import { cloudwatch, sampleRecord } from "./sample-record.ts";

const away = {
  deliver: async (): Promise<void> => {
    throw new Error("the destination is away");
  },
};
const messages: string[] = [];
const note = (message: string): void => void messages.push(message);
const accessLogs = await openAccessLogs({
  dir: process.argv[2] ?? "",
  deliverer: { cloudwatch: away, s3: away, firehose: away },
  clock: systemClock,
  logger: { info: note, warn: note, error: note },
  flushMs: 5,
  maxBufferSize: 100_000,
});
for (let n = 0; n < 2_000; n += 1) {
  accessLogs.write(sampleRecord(n), [cloudwatch]);
  if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 4));
}
const { lost, bufferSize, written } = accessLogs.metrics();
console.log(JSON.stringify({ lost, bufferSize, written, messages: [...new Set(messages)] }));
process.exit(0);
