import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import type { Comparison, Workload } from "./comparisons.ts";
import type { Contender } from "./contenders.ts";
import { fixedLoad, fullLoad, http2Load, type Load, type LoadRequest, type LoadResult } from "./load.ts";
import { uploadOriginConfig } from "./peers/haproxy.ts";
import { originConfig } from "./peers/nginx.ts";
import { cores, coreTicks, cpuTime, freePort, residentMemory, type Started, start } from "./processes.ts";
import { host, path } from "./scene.ts";
import { plainHeaders, signedHeaders } from "./session.ts";

export interface Result extends LoadResult {
  /** Microseconds of the proxy's processor time for each request. */
  readonly cpu: number;
  /** Bytes at the end. */
  readonly memory: number;
  /** What others have taken of the proxy's core, from 0 to 1. */
  readonly foreign: number;
}

const uploadSize = 100 * 1024;
const downloadPath = "/api/v1/files/10m.bin";
/**
 * Two loads in a row. For some ten seconds V8 compiles what is called often, in the background but on the proxy's own core; and what it
 * has compiled without having seen a client go away, it compiles again when the first load does.
 */
const warmSeconds = [6, 4] as const;

/**
 * Starts an origin and a proxy, both fresh, sees that they answer as they should, warms them up and measures.
 * @throws Error when an answer is not the origin's
 */
export async function measure(contender: Contender, comparison: Comparison, seconds: number): Promise<Result> {
  const { workload, connections } = comparison;
  const directory = mkdtempSync(join(tmpdir(), "pergola-bench-"));
  const [port, originPort] = [await freePort(), await freePort()];
  const started: Started[] = [];
  try {
    started.push(await start(cores.load, originCommand(workload, directory, originPort), originPort));
    const proxy = await start(cores.proxy, contender.command(directory, port, originPort), port);
    started.push(proxy);
    const pid = proxy.child.pid ?? 0;
    const load: Load = { port, connections, seconds, ...(await requestsOf(workload)) };
    const apply = workload === "HTTP/2 GET" || workload === "gRPC" ? http2Load : fullLoad;
    // h2load counts what is no 2xx, and a gRPC answer has its checks in the tests.
    if (apply === fullLoad) await check(contender, load);
    await apply({ ...load, seconds: warmSeconds[0] });
    const warm = await apply({ ...load, seconds: warmSeconds[1] });
    const before = { cpu: cpuTime(pid), core: coreTicks(cores.proxy), at: performance.now() };
    const result = workload === "signed GET at 70 %" ? await fixedLoad(load, 0.7 * warm.rate) : await apply(load);
    const spent = cpuTime(pid) - before.cpu;
    const core = coreTicks(cores.proxy);
    const busy = (core.busy - before.core.busy) / (core.all - before.core.all);
    const own = spent / 1000 / (performance.now() - before.at);
    return { ...result, cpu: spent / result.requests, memory: residentMemory(pid), foreign: busy - own };
  } finally {
    for (const { stop } of started.reverse()) await stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function originCommand(workload: Workload, directory: string, port: number): readonly string[] {
  const home = join(directory, "origin");
  const file = join(home, "config");
  mkdirSync(join(home, "api", "v1", "files"), { recursive: true });
  if (workload === "gRPC")
    return [process.execPath, join(import.meta.dirname, "peers", "grpc-origin.ts"), String(port)];
  if (workload === "100 KB POST") {
    writeFileSync(file, uploadOriginConfig(port, uploadSize));
    return ["haproxy", "-f", file];
  }
  writeFileSync(join(home, downloadPath), Buffer.alloc(10 << 20, "x"));
  writeFileSync(file, originConfig(home, port));
  return ["nginx", "-c", file, "-e", join(home, "error.log")];
}

async function requestsOf(workload: Workload): Promise<Pick<Load, "requests" | "upload">> {
  const of = async (path: string, method = "GET"): Promise<LoadRequest> => ({
    path,
    headers: await signedHeaders(path, method),
  });
  if (workload === "gRPC") {
    const headers = { ...plainHeaders, "content-type": "application/grpc", te: "trailers" };
    return { requests: [{ path: "/api/v1/Unary", headers }], upload: 64 };
  }
  if (workload === "GET" || workload === "HTTP/2 GET") return { requests: [{ path, headers: plainHeaders }] };
  if (workload === "10 MB GET") return { requests: [await of(downloadPath)] };
  if (workload === "100 KB POST") return { requests: [await of("/api/v1/uploads", "POST")], upload: uploadSize };
  // Each with a signature of its own, so that nobody can remember the whole of a request.
  const others = Array.from({ length: 63 }, (_, i) => of(`${path}&page=${i + 2}`));
  return { requests: [await of(path), ...(await Promise.all(others))] };
}

async function check({ name, isPergola }: Contender, { port, requests, upload }: Load): Promise<void> {
  const [{ path, headers }] = requests;
  const body = upload === undefined ? {} : { method: "POST", body: "x".repeat(upload) };
  const answer = await request(`http://127.0.0.1:${port}${path}`, { headers: { ...headers }, ...body } as object);
  const text = await answer.body.text();
  const isOrigins = answer.headers["x-origin"] === "bench" || text.length === 10 << 20;
  if (answer.statusCode !== 200 || !isOrigins)
    throw new Error(`${name} answers ${answer.statusCode}: ${text.slice(0, 200)}`);
  if (!isPergola || name.includes("NONE")) return;
  const denied = await request(`http://127.0.0.1:${port}/api/v1/admin/x`, { headers: { host } });
  await denied.body.dump();
  if (denied.statusCode !== 403) throw new Error(`${name} lets a denied path through: ${denied.statusCode}`);
}
