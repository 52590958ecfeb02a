import { join } from "node:path";
import { createInterface } from "node:readline";
import { cores, cpuTime, median, start } from "./processes.ts";
import { hasMoto, type Server, startMoto, startPergola } from "./servers.ts";
import { sharedOperations } from "./shared-operations.ts";

interface Round {
  /** Milliseconds that the requests of an operation took, by its name. */
  readonly elapsed: Readonly<Record<string, number>>;
  /** Microseconds of the server's processor time for each request. */
  readonly cpu: number;
}

const load = join(import.meta.dirname, "throughput-load.ts");

/** Pergola beside moto's server on every operation that both have, in fresh processes, the order turned each round. */
export async function measureThroughput(rounds: number, count: number): Promise<void> {
  if (!hasMoto()) throw new Error("moto is not there: `npm run test:aws` installs it");
  const contenders = [
    { name: "moto", start: startMoto, rounds: [] as Round[] },
    { name: "pergola", start: () => startPergola(), rounds: [] as Round[] },
  ];
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const server = await contender.start();
      try {
        contender.rounds.push(await measure(server, count));
      } finally {
        await server.stop();
      }
      console.error(
        `round ${round + 1}: ${contender.name}: ${Math.round(rateOf(contender.rounds.at(-1), count))} requests/s`,
      );
    }
  }
  const [moto, pergola] = contenders.map((one) => one.rounds) as [Round[], Round[]];
  print(moto, pergola, count);
}

async function measure({ port, pid }: Server, count: number): Promise<Round> {
  const child = start(cores.load, [process.execPath, load, String(port), String(count)], { stdout: "pipe" });
  if (child.stdout === null) throw new Error("no output");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the load ended early");
    return value;
  };
  await next();
  const before = cpuTime(pid);
  const elapsed = JSON.parse(await next()) as Round["elapsed"];
  return { elapsed, cpu: (cpuTime(pid) - before) / (count * sharedOperations.length) };
}

/** @returns requests a second over all operations */
function rateOf(round: Round | undefined, count: number): number {
  const times = Object.values(round?.elapsed ?? {});
  return (count * times.length * 1000) / times.reduce((sum, time) => sum + time, 0);
}

function print(moto: readonly Round[], pergola: readonly Round[], count: number): void {
  const middle = (rounds: readonly Round[], of: (round: Round) => number): number => median(rounds.map(of));
  console.log(
    `\n${sharedOperations.length} operations, ${count} requests each at concurrency 16, medians of ${moto.length} rounds`,
  );
  console.log("| operation | moto req/s | pergola req/s | ratio |\n|---|--:|--:|--:|");
  const line = (name: string, of: (round: Round) => number): void => {
    const [base, own] = [middle(moto, of), middle(pergola, of)];
    console.log(`| ${name} | ${Math.round(base)} | ${Math.round(own)} | ${(own / base).toFixed(1)} |`);
  };
  for (const { name } of sharedOperations) line(name, ({ elapsed }) => (count * 1000) / (elapsed[name] ?? Number.NaN));
  line("all, by the whole time", (round) => rateOf(round, count));
  const [base, own] = [middle(moto, ({ cpu }) => cpu), middle(pergola, ({ cpu }) => cpu)];
  console.log(
    `\nprocessor time for each request: moto ${Math.round(base)} us, pergola ${Math.round(own)} us, ratio ${(base / own).toFixed(1)}`,
  );
}
