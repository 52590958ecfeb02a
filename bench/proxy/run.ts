/**
 * Requests a second, and processor time for each, through Pergola with routing, two policies and access log, beside http-proxy-3
 * with nothing on, and nginx where it is installed. The processor time is the sturdy number: it minds a busy machine less.
 *
 * Usage: node bench/proxy/run.ts [rounds] [seconds]. Each run has fresh processes; the proxy has a core of its own where
 * `taskset` is there, origin and load share the other. Every answer is checked before it is timed, the order turns each round,
 * and medians are printed with every round's value.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { request } from "undici";
import { accessKeyId, host, path, region, secretAccessKey } from "./scene.ts";

const rounds = Number(process.argv[2] ?? 3);
const seconds = Number(process.argv[3] ?? 5);
const connections = 64;
const canPin = availableParallelism() >= 2 && canRun("taskset", "-V");

interface Contender {
  readonly name: string;
  readonly script: string;
  readonly isSigned: boolean;
}

const contenders: readonly Contender[] = [
  { name: "http-proxy-3, bare", script: "http-proxy-3.ts", isSigned: false },
  ...(canRun("nginx", "-v") ? [{ name: "nginx, bare", script: "nginx.ts", isSigned: false }] : []),
  { name: "pergola, rules + 2 policies + log", script: "pergola.ts", isSigned: false },
  { name: "pergola, the same + SigV4", script: "pergola.ts", isSigned: true },
];

interface Result {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of the proxy's CPU for each request. */
  readonly cpu: number;
}

function canRun(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function start(core: number, script: string, ...args: (string | number)[]): ChildProcess {
  const node = [process.execPath, join(import.meta.dirname, script), ...args.map(String)];
  const [command = "", ...rest] = canPin ? ["taskset", "-c", String(core), ...node] : node;
  return spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
}

/** @returns the next line that a process prints */
function line(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const onData = (chunk: Buffer): void => {
      text += chunk;
      if (!text.includes("\n")) return;
      child.stdout?.off("data", onData);
      child.off("exit", onExit);
      resolve(text.trim());
    };
    const onExit = (code: number | null): void => reject(new Error(`process ended with ${code}`));
    child.stdout?.on("data", onData);
    child.once("exit", onExit);
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function headersOf({ isSigned }: Contender): Promise<Record<string, string>> {
  const plain = {
    host,
    accept: "application/json",
    "user-agent": "bench/1.0",
    "accept-encoding": "gzip",
    cookie: "session=0123456789abcdef",
  };
  if (!isSigned) return plain;
  const credentials = { accessKeyId, secretAccessKey };
  const signer = new SignatureV4({
    service: "vpc-lattice-svcs",
    region,
    credentials,
    sha256: Sha256,
    applyChecksum: false,
  });
  const [pathname = "", query = ""] = path.split("?");
  const signed = await signer.sign({
    method: "GET",
    protocol: "http:",
    hostname: host,
    path: pathname,
    query: Object.fromEntries(new URLSearchParams(query)),
    headers: { ...plain, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
  });
  return signed.headers;
}

/** @throws when the proxy does not answer with what the origin said */
async function check(port: number, headers: Record<string, string>, { name }: Contender): Promise<void> {
  const { statusCode, headers: got, body } = await request(`http://127.0.0.1:${port}${path}`, { headers });
  const text = await body.text();
  if (statusCode !== 200 || text !== "x".repeat(1024) || got["x-origin"] !== "bench") {
    throw new Error(`${name} answers ${statusCode}: ${text.slice(0, 200)}`);
  }
  if (!name.startsWith("pergola")) return;
  const denied = await request(`http://127.0.0.1:${port}/api/v1/admin/x`, { headers: { host } });
  await denied.body.dump();
  if (denied.statusCode !== 403) throw new Error(`${name} lets a denied path through: ${denied.statusCode}`);
}

/** User and system time of a process in microseconds. Linux only; elsewhere NaN. */
function cpuTime(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return Number.NaN;
  }
}

async function measure(contender: Contender): Promise<Result> {
  const [originPort, port] = [await freePort(), await freePort()];
  const started: ChildProcess[] = [];
  const logDirectory = mkdtempSync(join(tmpdir(), "pergola-bench-"));
  try {
    const origin = start(0, "origin.ts", originPort);
    started.push(origin);
    await line(origin);
    const proxy = start(1, contender.script, port, originPort, logDirectory);
    started.push(proxy);
    // A proxy that is another process than the one started says which.
    const pid = Number((await line(proxy)).split(" ")[1] ?? proxy.pid);
    const headers = await headersOf(contender);
    await check(port, headers, contender);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`).toString("base64");
    const load = start(0, "load.ts", port, connections, seconds, head);
    started.push(load);
    await line(load);
    const before = cpuTime(pid);
    const { failure, requests, rate, p50, p99 } = JSON.parse(await line(load)) as Result & {
      failure?: string;
      requests: number;
    };
    if (failure !== undefined) throw new Error(`${contender.name}: ${failure}`);
    return { rate, p50, p99, cpu: (cpuTime(pid) - before) / requests };
  } finally {
    for (const child of started)
      child.kill(child.spawnargs.some((arg) => arg.endsWith("nginx.ts")) ? "SIGTERM" : "SIGKILL");
    rmSync(logDirectory, { recursive: true, force: true });
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const results = new Map<string, Result[]>(contenders.map(({ name }) => [name, []]));
for (let round = 0; round < rounds; round += 1) {
  const order = round % 2 === 0 ? contenders : contenders.toReversed();
  for (const contender of order) {
    const result = await measure(contender);
    results.get(contender.name)?.push(result);
    console.error(
      `round ${round + 1}: ${contender.name}: ${Math.round(result.rate)} req/s, ${result.cpu.toFixed(1)} us CPU`,
    );
  }
}
const middle = (name: string, key: keyof Result): number => median(results.get(name)?.map((one) => one[key]) ?? []);
const base = contenders[0]?.name ?? "";
console.log(
  `${connections} connections, ${seconds} s a round, ${rounds} rounds, Node ${process.version}, pinned: ${canPin}`,
);
console.log("| proxy | CPU us/req | ratio | req/s | ratio | p50 ms | p99 ms | every round: CPU us/req |");
console.log("|---|--:|--:|--:|--:|--:|--:|---|");
for (const [name, all] of results) {
  const cpu = middle(name, "cpu");
  const rate = middle(name, "rate");
  const cells = [
    name,
    cpu.toFixed(1),
    (middle(base, "cpu") / cpu).toFixed(2),
    Math.round(rate),
    (rate / middle(base, "rate")).toFixed(2),
    middle(name, "p50"),
    middle(name, "p99"),
    all.map((one) => one.cpu.toFixed(1)).join(", "),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
