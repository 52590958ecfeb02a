// node packages/access-logs/bench/format.ts — microseconds a line, with the fixed field order and without it.
import type { AccessRecord } from "@pergola/core";
import { formatAccessRecord } from "../src/index.ts";
import { sampleRecord } from "../test/sample-record.ts";

const records = Array.from({ length: 1000 }, (_, n) => sampleRecord(n));
for (const record of records) {
  if (formatAccessRecord(record) !== JSON.stringify(record)) throw new Error("the lines differ");
}
const variants: Record<string, (record: AccessRecord) => string> = {
  formatAccessRecord,
  "JSON.stringify": (record) => JSON.stringify(record),
};
for (let round = 1; round <= 5; round += 1) {
  for (const [name, format] of Object.entries(variants)) {
    const start = process.hrtime.bigint();
    let bytes = 0;
    // Buffer.byteLength flattens the string, as writing it does.
    for (let n = 0; n < 200_000; n += 1) bytes += Buffer.byteLength(format(records[n % 1000] as AccessRecord));
    const micros = Number(process.hrtime.bigint() - start) / 1000 / 200_000;
    console.log(
      `round ${round}  ${name.padEnd(18)} ${micros.toFixed(2)} us/line, ${Math.round(bytes / 200_000)} bytes`,
    );
  }
}
