// How fast signatures are verified, against the textbook's way and against signing again.
// `node bench/sigv4/run.ts [rounds] [milliseconds]`: fresh processes, order alternating, medians and every round.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const names = ["pergola", "textbook", "smithy re-sign", "aws4 re-sign"];
const rounds = Number(process.argv[2] ?? 5);
const milliseconds = process.argv[3] ?? "1000";
const script = fileURLToPath(new URL("round.ts", import.meta.url));
const rates = new Map<string, number[]>(names.map((name) => [name, []]));

for (let round = 0; round < rounds; round++) {
  for (const name of round % 2 === 0 ? names : names.toReversed()) {
    rates.get(name)?.push(Number(execFileSync(process.execPath, [script, name, milliseconds], { encoding: "utf8" })));
  }
}

const median = (name: string): number => (rates.get(name) ?? []).toSorted((a, b) => a - b)[rounds >> 1] ?? Number.NaN;
const ours = median("pergola");
console.log(
  `Node ${process.version}, ${rounds} rounds of ${milliseconds} ms; verifications in a second of processor time`,
);
for (const name of names) {
  const rate = median(name);
  const each = `${(1e6 / rate).toFixed(2)} µs`.padStart(10);
  const ratio = `pergola is ${(ours / rate).toFixed(2)} x`.padStart(20);
  console.log(`${name.padEnd(16)}${String(rate).padStart(9)}${each}${ratio}   ${rates.get(name)?.join(" ")}`);
}
