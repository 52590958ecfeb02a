import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { canPin, cores } from "./processes.ts";

const run = promisify(execFile);

export interface LoadRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Load {
  readonly port: number;
  /** Sent in turn, by all connections together; at a fixed rate only the first. */
  readonly requests: readonly [LoadRequest, ...LoadRequest[]];
  readonly connections: number;
  readonly seconds: number;
  /** False for a load that has all cores; default true, where that can be. */
  readonly isPinned?: boolean;
  /** Told of the program's process. */
  readonly onStarted?: (pid: number) => void;
  /** Bytes of a POST's body; without it the request is a GET. */
  readonly upload?: number;
}

export interface LoadResult {
  readonly requests: number;
  /** Requests a second. */
  readonly rate: number;
  /** Megabytes a second of responses, heads included. */
  readonly megabytes: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/**
 * As many requests as go, by wrk.
 * @throws Error when one answer was no 2xx, or a connection failed
 */
export async function fullLoad(load: Load): Promise<LoadResult> {
  const directory = mkdtempSync(join(tmpdir(), "pergola-wrk-"));
  try {
    const script = join(directory, "request.lua");
    writeFileSync(script, wrkScript(load));
    const { connections, seconds, port } = load;
    const wrk = ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "20s", "--latency", "-s", script];
    const text = await output([...wrk, `http://127.0.0.1:${port}/`], load);
    const [, requests = "0", took = "0"] = /(\d+) requests in ([\d.]+)s/.exec(text) ?? [];
    const failures = /Non-2xx or 3xx responses: .*|Socket errors: .*/.exec(text)?.[0];
    if (failures !== undefined || Number(requests) === 0) throw new Error(failures ?? `wrk says: ${text}`);
    return {
      requests: Number(requests),
      rate: Number(requests) / Number(took),
      megabytes: megabytesOf(/Transfer\/sec:\s+(\S+)/.exec(text)?.[1] ?? ""),
      p50: millisecondsOf(/^\s+50%\s+(\S+)/m.exec(text)?.[1] ?? ""),
      p99: millisecondsOf(/^\s+99%\s+(\S+)/m.exec(text)?.[1] ?? ""),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Requests at a fixed rate, however long the answers take, by h2load over HTTP/1.1. Each connection of h2load sends what is due every
 * 10 ms: opened at once, all would send in the same moment, and be measured in each other's queue. So they are opened 13 ms apart.
 * @throws Error when one failed
 */
export function fixedLoad(load: Load, rate: number): Promise<LoadResult> {
  const each = (rate / load.connections).toFixed(2);
  const spread = ["-r1", "--rate-period=13ms"];
  return h2load(load, ["--h1", `-n${Math.round(rate * load.seconds)}`, `--rps=${each}`, ...spread]);
}

/** As many requests as go over HTTP/2 in clear, eight at once on each connection. @throws Error when one failed */
export function http2Load(load: Load): Promise<LoadResult> {
  return h2load(load, ["-m8", `-D${load.seconds}`]);
}

async function h2load(load: Load, options: readonly string[]): Promise<LoadResult> {
  const directory = mkdtempSync(join(tmpdir(), "pergola-h2load-"));
  try {
    const { connections, seconds, port, upload } = load;
    const [{ path, headers }] = load.requests;
    const log = join(directory, "log");
    const named = Object.entries(headers).flatMap(([name, value]) => [
      "-H",
      `${name === "host" ? ":authority" : name}: ${value}`,
    ]);
    const data = join(directory, "data");
    if (upload !== undefined) writeFileSync(data, grpcMessage(upload));
    const body = upload === undefined ? [] : ["-d", data];
    const common = ["-t1", `-c${connections}`, `--log-file=${log}`, ...body, ...named];
    const text = await output(["h2load", ...options, ...common, `http://127.0.0.1:${port}${path}`]);
    if (!/ 0 failed, 0 errored, 0 timeout/.test(text)) throw new Error(`h2load says: ${text}`);
    const lines = readFileSync(log, "utf8").trim().split("\n");
    const taken = lines.map((line) => Number(line.split("\t")[2]) / 1000).sort((a, b) => a - b);
    const at = (share: number): number => taken[Math.floor(taken.length * share)] ?? Number.NaN;
    return { requests: taken.length, rate: taken.length / seconds, megabytes: Number.NaN, p50: at(0.5), p99: at(0.99) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One message of gRPC: not compressed, its length, and as many bytes. */
function grpcMessage(length: number): Buffer {
  const message = Buffer.alloc(5 + length, "x");
  message[0] = 0;
  message.writeUInt32BE(length, 1);
  return message;
}

async function output(
  command: readonly string[],
  { isPinned = true, onStarted }: Pick<Load, "isPinned" | "onStarted"> = {},
): Promise<string> {
  const [program = "", ...args] = canPin && isPinned ? ["taskset", "-c", String(cores.load), ...command] : command;
  const running = run(program, args, { maxBuffer: 1 << 26, timeout: 60_000 });
  onStarted?.(running.child.pid ?? 0);
  return (await running).stdout;
}

function wrkScript({ requests, upload }: Load): string {
  // wrk adds a Host of its own unless there is one in just this spelling.
  const spelt = (name: string): string => (name === "host" ? "Host" : name);
  const all = requests.map(({ path, headers }) => {
    const lines = Object.entries(headers).map(([name, value]) => `[${lua(spelt(name))}] = ${lua(value)}`);
    const body = upload === undefined ? "nil" : `string.rep("x", ${upload})`;
    const method = upload === undefined ? "GET" : "POST";
    return `  all[#all + 1] = wrk.format("${method}", ${lua(path)}, { ${lines.join(", ")} }, ${body})`;
  });
  return [
    "local all, at = {}, 0",
    "init = function()",
    ...all,
    "end",
    "request = function()",
    "  at = at % #all + 1",
    "  return all[at]",
    "end",
  ].join("\n");
}

function lua(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function millisecondsOf(text: string): number {
  const [, number, unit = ""] = /^([\d.]+)(us|ms|s|m)$/.exec(text) ?? [];
  return Number(number) * ({ us: 0.001, ms: 1, s: 1000, m: 60_000 }[unit] ?? Number.NaN);
}

function megabytesOf(text: string): number {
  const [, number, unit = ""] = /^([\d.]+)(KB|MB|GB)$/.exec(text) ?? [];
  return Number(number) * ({ KB: 1 / 1024, MB: 1, GB: 1024 }[unit] ?? Number.NaN);
}
