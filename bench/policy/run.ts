/**
 * How fast are policy decisions? Every variant runs in fresh processes, in turn and in alternating order; all engines have to
 * decide alike before anything is printed. iam-simulate also explains its decision, so the comparison is of decisions only.
 * `node bench/policy/run.ts`, with PASSES (3) and ROUND_MS (700) from the environment.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Measurement } from "./variant.ts";

const variants = [
  ["pergola", "5"],
  ["pergola", "100"],
  ["iam-simulate", "5"],
  ["iam-simulate", "100"],
  ["cedar", "5"],
  ["cedar", "100"],
] as const;
const variantFile = fileURLToPath(new URL("variant.ts", import.meta.url));
const passes = Number(process.env.PASSES ?? 3);

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const rates = new Map<string, number[]>();
const decisions = new Map<string, string>();
for (let pass = 0; pass < passes; pass += 1) {
  for (const [engine, size] of pass % 2 === 0 ? variants : variants.toReversed()) {
    const output = execFileSync(process.execPath, [variantFile, engine, size], { encoding: "utf8" });
    const measurement: Measurement = JSON.parse(output);
    const name = `${engine} ${size}`;
    rates.set(name, [...(rates.get(name) ?? []), median(measurement.rates)]);
    decisions.set(name, JSON.stringify(measurement.decisions));
  }
}

for (const [engine, size] of variants) {
  const own = decisions.get(`${engine} ${size}`);
  if (own !== decisions.get(`pergola ${size}`)) throw new Error(`${engine} ${size} decides differently: ${own}`);
}

const rate = (engine: string, size: string): number => median(rates.get(`${engine} ${size}`) ?? []);
console.log(`decisions agree; 5 statements: ${decisions.get("pergola 5")}, 100: ${decisions.get("pergola 100")}`);
console.table(
  variants.map(([engine, size]) => ({
    engine,
    statements: Number(size),
    "evaluations/s": Math.round(rate(engine, size)),
    µs: Number((1e6 / rate(engine, size)).toFixed(3)),
    "× iam-simulate": Number((rate(engine, size) / rate("iam-simulate", size)).toFixed(1)),
    "× cedar": Number((rate(engine, size) / rate("cedar", size)).toFixed(1)),
    "each pass": (rates.get(`${engine} ${size}`) ?? []).map(Math.round).join(" "),
  })),
);
console.log(`100 statements cost ${(rate("pergola", "5") / rate("pergola", "100")).toFixed(2)}× as much as 5`);
