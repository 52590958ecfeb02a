// Two workers of `pergola serve` against one: the real processes, configured through the API, on all cores of the machine.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { openScene } from "../../test/harness/scene.ts";
import { workersOf } from "../../test/server/workers.ts";
import { fullLoad } from "./load.ts";
import { originConfig } from "./peers/nginx.ts";
import { allTicks, cpuTime, freePort, start } from "./processes.ts";
import { heavyService } from "./workers-scene.ts";

const bar = 1.7;
const connections = 64;
/** V8 compiles for some ten seconds what is called often, on the same cores. */
const warmSeconds = 10;
/** Of all cores: what other programs may take of a measurement that counts. */
const mostForeign = 0.08;
const tries = 4;

interface Result {
  readonly rate: number;
  readonly p99: number;
  /** Microseconds of processor time for each request. */
  readonly workers: number;
  readonly main: number;
  readonly loadAndOrigin: number;
  /** What others have taken of all cores, from 0 to 1. */
  readonly foreign: number;
  /** Of all requests, the part of each worker. */
  readonly shares: readonly number[];
}

async function measure(count: number, seconds: number): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), "pergola-bench-"));
  const originPort = await freePort();
  const home = join(directory, "origin");
  mkdirSync(home);
  writeFileSync(join(home, "config"), originConfig(home, originPort));
  const nginx = ["nginx", "-c", join(home, "config"), "-e", join(directory, "error.log")];
  const origin = await start(undefined, nginx, originPort);
  const scene = await openScene({}, { PERGOLA_WORKERS: String(count), PERGOLA_LOG_LEVEL: "error" });
  try {
    const requests = await heavyService(scene, originPort);
    const load = { port: scene.pergola.httpPort, requests, connections, seconds, isPinned: false };
    await fullLoad({ ...load, seconds: warmSeconds });
    const before = await workersOf(scene.pergola);
    const pids = [origin.child.pid ?? 0, scene.pergola.pid, ...before.map(({ pid }) => pid)];
    const [cpu, ticks, at] = [pids.map(cpuTime), allTicks(), performance.now()];
    const watched = watch();
    const result = await fullLoad({ ...load, onStarted: watched.start });
    const [ofOrigin = 0, main = 0, ...each] = pids.map((pid, i) => cpuTime(pid) - (cpu[i] ?? 0));
    const all = (allTicks() - ticks) * 10_000;
    const machine = (performance.now() - at) * 1_000 * availableParallelism();
    const had = (await workersOf(scene.pergola)).map(({ requests: now }, i) => now - (before[i]?.requests ?? 0));
    const [workers, asked] = [sumOf(each), sumOf(had)];
    const loadAndOrigin = watched.stop() + ofOrigin;
    return {
      rate: result.rate,
      p99: result.p99,
      workers: workers / result.requests,
      main: main / result.requests,
      loadAndOrigin: loadAndOrigin / result.requests,
      foreign: Math.max(0, all - workers - main - loadAndOrigin) / machine,
      shares: had.map((one) => one / asked),
    };
  } finally {
    await scene[Symbol.asyncDispose]();
    await origin.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Looks at the processor time of a process that ends by itself. */
function watch(): { start(pid: number): void; stop(): number } {
  let timer: NodeJS.Timeout | undefined;
  let spent = 0;
  return {
    start(pid) {
      timer = setInterval(() => {
        const now = cpuTime(pid);
        if (now > spent) spent = now;
      }, 50);
    },
    stop() {
      clearInterval(timer);
      return spent;
    },
  };
}

/** Again while others use the cores; the calmest try counts if none is calm. */
async function measureCalmly(count: number, seconds: number): Promise<Result> {
  const results: Result[] = [];
  while (results.length < tries) {
    const result = await measure(count, seconds);
    results.push(result);
    if (result.foreign < mostForeign) break;
  }
  return results.toSorted((a, b) => a.foreign - b.foreign)[0] as Result;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Prints what one worker and two carry. @returns whether two carry as much more as they have to; undefined when they lacked the cores */
export async function compareWorkers(rounds: number, seconds: number): Promise<boolean | undefined> {
  const results: Record<1 | 2, Result[]> = { 1: [], 2: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const count of round % 2 === 0 ? ([1, 2] as const) : ([2, 1] as const)) {
      const result = await measureCalmly(count, seconds);
      results[count].push(result);
      const { rate, shares, foreign } = result;
      const of = shares.map(percent).join(" and ");
      console.error(
        `round ${round + 1}: ${count} workers: ${Math.round(rate)} req/s, ${of}, ${percent(foreign)} foreign`,
      );
    }
  }
  print(results, rounds, seconds);
  return judge(results);
}

function print(results: Readonly<Record<1 | 2, readonly Result[]>>, rounds: number, seconds: number): void {
  console.log(`\n## two workers against one (${connections} connections, ${seconds} s, ${rounds} rounds)\n`);
  console.log(
    "Real processes of `pergola serve`: ten rules, nine of which five header matches decide; two policies of 9 KB,",
  );
  console.log(
    "SigV4, access log. Nothing is pinned: load, origin and the process with the API have a part of the same cores.\n",
  );
  console.log(
    "| workers | req/s | p99 ms | CPU us/req: workers | API process | load and origin | foreign | shares | every round: req/s |",
  );
  console.log("|---|--:|--:|--:|--:|--:|--:|---|---|");
  for (const count of [1, 2] as const) {
    const of = (key: Exclude<keyof Result, "shares">): number => median(results[count].map((result) => result[key]));
    const cells = [
      count,
      Math.round(of("rate")),
      of("p99").toFixed(1),
      of("workers").toFixed(1),
      of("main").toFixed(1),
      of("loadAndOrigin").toFixed(1),
      percent(of("foreign")),
      results[count].map(({ shares }) => shares.map(percent).join(" and ")).join("; "),
      results[count].map(({ rate }) => Math.round(rate)).join(", "),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

function judge({ 1: one, 2: two }: Readonly<Record<1 | 2, readonly Result[]>>): boolean | undefined {
  // Of neighbours in time: what else the machine has to do is about the same for both.
  const ratio = median(two.map(({ rate }, i) => rate / (one[i]?.rate ?? Number.NaN)));
  const isCalm = median([...one, ...two].map(({ foreign }) => foreign)) < mostForeign;
  const verdict = isCalm ? (ratio >= bar ? "met" : "MISSED") : "not judged, other programs had the cores";
  console.log(`\n- ${verdict}: rate ${ratio.toFixed(2)} x one worker (bar >= ${bar})`);
  const ofOne = median(one.map(({ workers }) => workers));
  const ofTwo = median(two.map(({ workers }) => workers));
  const rest = median(two.map(({ main, loadAndOrigin }) => main + loadAndOrigin));
  // Against what one worker carries, not what it costs: its collector, compiler and log have a part of the second core as well.
  const most = (availableParallelism() * 1e6) / (ofTwo + rest) / median(one.map(({ rate }) => rate));
  console.log(`- by processor time: a request costs two workers ${(ofTwo / ofOne).toFixed(2)} x what it costs one;`);
  console.log(`  with load and origin on the same ${availableParallelism()} cores, ${most.toFixed(2)} x is the most`);
  return isCalm ? ratio >= bar : undefined;
}
