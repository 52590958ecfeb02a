/**
 * The router on Lambda: how long a fresh process takes to its first answer, how large its code is, and what it adds to a warm request.
 * `node bench/lambda/run.ts [rounds]`. Cold: every variant in a fresh process, in turn, on the same runtime and the same table; the
 * router makes two reads, checks two policies and answers by a rule. Lambda's own sandbox and the network are not in it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleEntries, entryFile, startBytes } from "../../test/lambda/bundle.ts";
import { type ColdStart, openColdStarts } from "./cold.ts";
import { measureWarm } from "./warm.ts";

const rounds = Number(process.argv[2] ?? 21);
const pathOf = (specifier: string): string => fileURLToPath(import.meta.resolve(specifier));
const variants = ["empty", "router-stream", "router-buffered", "sdk"] as const;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function ratio(value: number, base: number): string {
  return (value / base).toFixed(2);
}

const dir = mkdtempSync(join(tmpdir(), "lambda-bench-"));
try {
  // Each for itself, as every function is deployed with a bundle of its own.
  const bundles = {
    empty: await bundleEntries([], join(dir, "empty"), { index: pathOf("./empty-handler.ts") }),
    "router-stream": await bundleEntries([], join(dir, "router-stream"), { index: entryFile("router-stream") }),
    "router-buffered": await bundleEntries([], join(dir, "router-buffered"), { index: entryFile("router-buffered") }),
    sdk: await bundleEntries([], join(dir, "sdk"), { index: pathOf("./sdk-handler.ts") }),
  };
  await bundleEntries([], dir, { bootstrap: pathOf("../../test/lambda/bootstrap.ts") });
  const starts = await openColdStarts(dir);
  const times = new Map<(typeof variants)[number], ColdStart[]>(variants.map((variant) => [variant, []]));
  for (let round = -1; round < rounds; round += 1) {
    // Every variant follows every other one; the first round only fills the file cache.
    const order = variants.map((_, index) => variants[(index + round + variants.length) % variants.length] ?? "empty");
    for (const variant of order) {
      const elapsed = await starts.measure(variant);
      if (round >= 0) times.get(variant)?.push(elapsed);
    }
  }
  await starts.close();
  console.log(`cold start to the first answer, medians of ${rounds} fresh processes each, in turn (ms)`);
  for (const measure of ["elapsed", "processor"] as const) {
    const middle = (variant: (typeof variants)[number]): number =>
      median((times.get(variant) ?? []).map((one) => one[measure]));
    console.log(`\n${measure}`);
    for (const [variant, values] of times) {
      const ratios = [
        `x ${ratio(middle(variant), middle("empty"))} of empty`,
        `x ${ratio(middle(variant), middle("sdk"))} of sdk`,
      ];
      const kilobytes = `${(startBytes(bundles[variant], "index.mjs") / 1024).toFixed(1)} KB`;
      console.log([variant.padEnd(16), middle(variant).toFixed(1).padStart(6), ...ratios, kilobytes].join("  "));
      console.log(`  rounds: ${values.map((one) => one[measure].toFixed(0)).join(" ")}`);
    }
  }
  const warm = await measureWarm(20_000);
  console.log(
    `warm request, 100 rules, two policies, one record: p50 ${warm.p50.toFixed(3)} ms, p99 ${warm.p99.toFixed(3)} ms`,
  );
} finally {
  rmSync(dir, { recursive: true });
}
