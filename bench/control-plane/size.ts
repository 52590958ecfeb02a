import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuTime, residentMemory } from "../proxy/processes.ts";
import { ask, makeEstate, ruleInput, rulesPerService, targetsPerService } from "./estate.ts";
import { cores, median, outputOf, start } from "./processes.ts";
import { openRawClient, type RawClient, type RawRequest } from "./raw-client.ts";
import { type Server, startPergola } from "./servers.ts";
import { listSubjects, type Subject } from "./subjects.ts";

const sizes = { small: 100, large: 2_000 } as const;
type Size = keyof typeof sizes;
const compile = join(import.meta.dirname, "compile.ts");
/** Requests of one operation to one server, before it is the other's turn. */
const batch = 100;

interface Scene {
  readonly server: Server;
  readonly client: RawClient;
  readonly subjects: readonly Subject[];
  readonly pages: readonly string[];
  /** Counts requests: each is about another service than the one before. */
  turn: number;
}

/** What a request leaves behind is taken away again, untimed: every batch finds as many rules as the first. */
interface Step {
  readonly request: RawRequest;
  undo?(body: string): RawRequest;
}

const operations: Readonly<Record<string, (scene: Scene, subject: Subject) => Step>> = {
  CreateRule: (_, { service, listener, group }) => {
    const path = `/services/${service}/listeners/${listener}/rules`;
    return {
      request: { method: "POST", path, body: ruleInput(rulesPerService + 1, group) },
      undo: (body) => ({ method: "DELETE", path: `${path}/${(JSON.parse(body) as { id: string }).id}` }),
    };
  },
  GetService: (_, { service }) => ({ request: { method: "GET", path: `/services/${service}` } }),
  "ListServices, 50 a page": ({ pages, turn }) => ({
    request: { method: "GET", path: pages[turn % pages.length] ?? "" },
  }),
};

type Figures = Map<string, Record<Size, number[]>>;

/**
 * The same operations on 100 and on 2,000 services with as many rules and targets each, both servers fresh and alive at one time, in
 * turn. Processor time decides: the two share a core with whatever else the machine does.
 */
export async function measureSizes(rounds: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "pergola-sizes-"));
  const figures: Figures = new Map();
  try {
    for (const size of ["small", "large"] as const) await prepare(join(directory, size), sizes[size]);
    for (let round = 0; round < rounds; round += 1) await measureRound(directory, figures);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  print(figures, rounds);
}

async function prepare(dataDir: string, services: number): Promise<void> {
  const server = await startPergola(dataDir);
  await makeEstate(server.port, { services, isChecked: false });
  await server.stop("SIGTERM");
}

async function measureRound(directory: string, figures: Figures): Promise<void> {
  const scenes = {} as Record<Size, Scene>;
  for (const size of ["small", "large"] as const) {
    const dataDir = join(directory, `${size}-round`);
    cpSync(join(directory, size), dataDir, { recursive: true });
    const time = await outputOf(start(cores.server, [process.execPath, compile, dataDir, "4000"], { stdout: "pipe" }));
    note(figures, "snapshot compile, in process", size, Number(time));
    scenes[size] = await open(dataDir);
    note(figures, "start, ms", size, scenes[size].server.startMs);
    note(figures, "resident after the start, MB", size, residentMemory(scenes[size].server.pid) / 2 ** 20);
  }
  for (let turn = 0; turn < 14; turn += 1) {
    const order = turn % 2 === 0 ? (["small", "large"] as const) : (["large", "small"] as const);
    for (const name of Object.keys(operations)) {
      for (const size of order) {
        const time = await runBatch(scenes[size], name);
        // By then each page and most services have been asked for, and the code is compiled.
        if (turn >= 4) note(figures, name, size, time);
      }
    }
  }
  for (const size of ["small", "large"] as const) {
    const { server, client } = scenes[size];
    note(figures, "resident after the load, MB", size, residentMemory(server.pid) / 2 ** 20);
    client.close();
    await server.stop();
    rmSync(join(directory, `${size}-round`), { recursive: true });
  }
}

async function open(dataDir: string): Promise<Scene> {
  const server = await startPergola(dataDir);
  const client = openRawClient(server.port);
  const subjects = await listSubjects(server.port);
  const pages = ["/services?maxResults=50"];
  for (;;) {
    const { body } = await ask(client, { method: "GET", path: pages.at(-1) ?? "" });
    const { nextToken } = JSON.parse(body) as { nextToken?: string };
    if (nextToken === undefined) return { server, client, subjects, pages, turn: 0 };
    pages.push(`/services?maxResults=50&nextToken=${nextToken}`);
  }
}

/** @returns microseconds of the server's processor time for each request */
async function runBatch(scene: Scene, name: string): Promise<number> {
  const { client, server, subjects } = scene;
  const undo: RawRequest[] = [];
  const before = cpuTime(server.pid);
  for (let index = 0; index < batch; index += 1) {
    scene.turn += 1;
    const step = operations[name]?.(scene, subjects[(scene.turn * 7919) % subjects.length] as Subject);
    if (step === undefined) throw new Error(`no operation ${name}`);
    const { body } = await ask(client, step.request);
    if (step.undo !== undefined) undo.push(step.undo(body));
  }
  const time = (cpuTime(server.pid) - before) / batch;
  for (const request of undo) await ask(client, request);
  return time;
}

function note(figures: Figures, name: string, size: Size, value: number): void {
  const both = figures.get(name) ?? { small: [], large: [] };
  both[size].push(value);
  figures.set(name, both);
}

function print(figures: Figures, rounds: number): void {
  const [small, large] = [sizes.small, sizes.large].map((services) => services.toLocaleString("en"));
  console.log(
    `\n${rulesPerService} rules and ${targetsPerService} targets a service, targets not probed; us of processor time where no unit is given, medians, ${rounds} rounds`,
  );
  console.log(`| what | ${small} services | ${large} services | ratio |\n|---|--:|--:|--:|`);
  for (const [name, both] of figures) {
    const [a, b] = [median(both.small), median(both.large)];
    console.log(`| ${name} | ${a.toFixed(0)} | ${b.toFixed(0)} | ${(b / a).toFixed(2)} |`);
  }
}
