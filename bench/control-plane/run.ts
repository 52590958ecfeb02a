/**
 * The control plane, as clients of its API see it. Usage: node bench/control-plane/run.ts [throughput|latency|size] [rounds]
 *
 * throughput: every operation that moto's server has too, 16 clients at once over kept connections (moto closes its own after each
 * answer), beside moto. Pergola's writes are on disk when they are answered (SQLite, synchronous FULL); moto keeps all in memory.
 * latency: 200 writes a second, open loop. size: 2,000 services beside 100. Servers are fresh processes on a core of their own.
 */
import { join } from "node:path";
import { canPin } from "../proxy/processes.ts";
import { makeEstate } from "./estate.ts";
import { cores, median, outputOf, start } from "./processes.ts";
import { startPergola } from "./servers.ts";
import { measureSizes } from "./size.ts";
import { measureThroughput } from "./throughput.ts";

const [part = "all", given] = process.argv.slice(2);
const rounds = Number(given ?? 3);
const writesPerSecond = 200;

async function measureLatency(): Promise<void> {
  const results: { p50: number; p99: number; max: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const server = await startPergola();
    try {
      await makeEstate(server.port, { services: 100, isChecked: false });
      const script = join(import.meta.dirname, "latency-load.ts");
      const args = [script, String(server.port), String(writesPerSecond), "8"];
      results.push(JSON.parse(await outputOf(start(cores.load, [process.execPath, ...args], { stdout: "pipe" }))));
    } finally {
      await server.stop();
    }
  }
  const all = (of: "p50" | "p99" | "max"): string =>
    `${of} ${median(results.map((one) => one[of])).toFixed(1)} ms (${results.map((one) => one[of].toFixed(1)).join(", ")})`;
  console.log(
    `\n${writesPerSecond} writes/s for 8 s, open loop, ${rounds} rounds: ${all("p50")}; ${all("p99")}; ${all("max")}`,
  );
}

console.log(`Node ${process.version}, pinned: ${canPin}`);
if (part === "all" || part === "throughput") await measureThroughput(rounds, 150);
if (part === "all" || part === "latency") await measureLatency();
if (part === "all" || part === "size") await measureSizes(rounds);
