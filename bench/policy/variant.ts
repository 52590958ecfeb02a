/** One engine with one policy in a process of its own: `node bench/policy/variant.ts pergola 5`; prints its measurement. */
import { type Decide, engines } from "./engines.ts";
import { fiveStatements, hundredStatements, requests } from "./scenario.ts";

export interface Measurement {
  /** In the order of the scenario's requests. */
  readonly decisions: readonly boolean[];
  /** Evaluations a second of CPU time over the mix of requests, one value for each round. */
  readonly rates: readonly number[];
}

const roundMs = Number(process.env.ROUND_MS ?? 700);
const rounds = 3;

/** By CPU time of the process, its collector included: other processes on the machine do not count. */
async function measure(decides: readonly Decide[], durationMs: number): Promise<number> {
  const start = performance.now();
  const used = process.cpuUsage();
  let count = 0;
  // Batches, so that reading the clock does not count; one batch is short for the slow engines.
  let batch = 1;
  for (let before = start; before - start < durationMs; ) {
    for (let k = 0; k < batch; k += 1) {
      for (const decide of decides) {
        const answer = decide();
        if (typeof answer !== "boolean") await answer;
        count += 1;
      }
    }
    const now = performance.now();
    if (now - before < 5) batch *= 2;
    before = now;
  }
  const { user, system } = process.cpuUsage(used);
  return (count / (user + system)) * 1e6;
}

const [engineName = "", size = ""] = process.argv.slice(2);
const engine = engines[engineName];
if (engine === undefined) throw new Error(`no engine \`${engineName}\`; one of ${Object.keys(engines).join(", ")}`);
const decides = engine(size === "5" ? fiveStatements : hundredStatements, requests);
const decisions = await Promise.all(decides.map((decide) => decide()));
await measure(decides, roundMs);
const rates: number[] = [];
for (let i = 0; i < rounds; i += 1) rates.push(await measure(decides, roundMs));
process.stdout.write(JSON.stringify({ decisions, rates } satisfies Measurement));
