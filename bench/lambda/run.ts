/**
 * The router on Lambda: how long a fresh process takes to its first answer, how large its code is, and what it adds to a warm request.
 * Cold: every variant in a fresh process, in turn, on the same runtime and the same table; the router makes two reads, checks two
 * policies and answers by a rule. Lambda's own sandbox and the network are not in it. A start that others on its core have kept waiting
 * for over 12 % of its time is made again, the calmest of four counts. Processor time minds a busy machine least.
 *
 * Usage: node bench/lambda/run.ts [rounds]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleEntries, entryFile, startBytes } from "../../test/lambda/bundle.ts";
import { type ColdStart, type ColdStarts, openColdStarts } from "./cold.ts";
import { measureWarm } from "./warm.ts";

const rounds = Number(process.argv[2] ?? 21);
if (!Number.isInteger(rounds) || rounds < 1) {
  throw new Error(`\`${process.argv[2]}\` is no number of rounds: npm run bench:lambda -- 41`);
}
const mostForeign = 0.12;
const tries = 4;

const pathOf = (specifier: string): string => fileURLToPath(import.meta.resolve(specifier));
const sdkHandler = pathOf("./sdk-handler.ts");
const empty = pathOf("./empty-handler.ts");
const router = { isSplit: true, isTrimmed: true };
const variants = {
  // What it is held against: as SST deploys handlers that ask for nothing.
  empty: { file: empty, how: { isSplit: false, isTrimmed: false } },
  "sdk whole": { file: sdkHandler, how: { isSplit: false, isTrimmed: false } },
  "router-stream": { file: entryFile("router-stream"), how: router },
  "router-buffered": { file: entryFile("router-buffered"), how: router },
  // The same handlers with what Pergola's stacks do to every bundle.
  "empty, trimmed": { file: empty, how: router },
  "sdk, trimmed": { file: sdkHandler, how: router },
};
type Variant = keyof typeof variants;
const names = Object.keys(variants) as Variant[];

/** @param share 0.5 for the median */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}

async function measureCalmly(starts: ColdStarts, variant: Variant): Promise<ColdStart> {
  const all: ColdStart[] = [];
  while (all.length < tries) {
    const one = await starts.measure(variant);
    all.push(one);
    if (one.foreign < mostForeign) return one;
  }
  return all.toSorted((a, b) => a.foreign - b.foreign)[0] as ColdStart;
}

async function measureAll(dir: string): Promise<Map<Variant, ColdStart[]>> {
  const starts = await openColdStarts(dir);
  const times = new Map<Variant, ColdStart[]>(names.map((name) => [name, []]));
  try {
    for (let round = -1; round < rounds; round += 1) {
      // Every variant follows every other one; the first round only fills the file cache.
      for (const [index] of names.entries()) {
        const variant = names[(index + round + names.length) % names.length] as Variant;
        const one = await measureCalmly(starts, variant);
        if (round >= 0) times.get(variant)?.push(one);
      }
    }
    return times;
  } finally {
    // What stands in for AWS would hold the process after a start that failed.
    starts.close();
  }
}

function print(measure: "elapsed" | "processor", times: Map<Variant, ColdStart[]>, bytes: Map<Variant, number>): void {
  console.log(`\n${measure} (ms)`);
  const of = (name: Variant, share = 0.5): number => quantile(times.get(name)?.map((one) => one[measure]) ?? [], share);
  for (const name of names) {
    const ratios = (["empty", "empty, trimmed", "sdk whole", "sdk, trimmed"] as const).map(
      (base) => `x ${(of(name) / of(base)).toFixed(2)} of ${base}`,
    );
    const [least, quarter, median] = [0, 0.25, 0.5].map((share) => of(name, share).toFixed(1).padStart(5));
    const kilobytes = `${((bytes.get(name) ?? 0) / 1000).toFixed(1)} kB`;
    console.log(
      [name.padEnd(15), median, `(least ${least}, quartile ${quarter})`, ...ratios, kilobytes.padStart(8)].join("  "),
    );
  }
}

const dir = mkdtempSync(join(tmpdir(), "lambda-bench-"));
try {
  const bytes = new Map<Variant, number>();
  for (const name of names) {
    const { file, how } = variants[name];
    // Each for itself, as every function is deployed with a bundle of its own.
    await bundleEntries([], join(dir, name), { index: file }, how);
    bytes.set(name, startBytes(join(dir, name, "index.mjs")));
  }
  await bundleEntries([], dir, { bootstrap: pathOf("../../test/lambda/bootstrap.ts") });
  const times = await measureAll(dir);
  console.log(`cold start to the first answer, medians of ${rounds} fresh processes each, in turn`);
  print("elapsed", times, bytes);
  print("processor", times, bytes);
  const warm = await measureWarm(20_000);
  console.log(
    `\nwarm request, 100 rules, two policies, one record: p50 ${warm.p50.toFixed(3)} ms, p99 ${warm.p99.toFixed(3)} ms`,
  );
} finally {
  rmSync(dir, { recursive: true });
}
