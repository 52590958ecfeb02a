// One variant in a process of its own: `node round.ts <variant> <milliseconds>` prints requests checked in a second of processor time.
import { type BenchRequest, signedRequest } from "./requests.ts";
import { type Variant, variants } from "./variants.ts";

const [name = "", milliseconds = "1000"] = process.argv.slice(2);
const variant = variants[name];
if (variant === undefined) throw new Error(`no variant \`${name}\``);
const requests = Array.from({ length: 64 }, (_, i) => signedRequest(i));

await assertRight(variant);
await measure(variant, 500);
console.log(await measure(variant, Number(milliseconds)));

async function assertRight(check: Variant): Promise<void> {
  for (const request of requests) {
    if (!(await check(request))) throw new Error(`${name} refuses a good signature`);
    const rawHeaders = request.rawHeaders.map((value) => (value === "acme-eu" ? "acme-us" : value));
    if (await check({ ...request, rawHeaders })) throw new Error(`${name} accepts a changed header`);
    if (await check({ ...request, path: `${request.path}0` })) throw new Error(`${name} accepts a changed path`);
  }
}

/** By processor time, not by the clock: what else runs on the machine is not to count. */
async function measure(check: Variant, duration: number): Promise<number> {
  const start = process.cpuUsage();
  let count = 0;
  let spent = 0;
  while (spent < duration * 1000) {
    count += await batch(check, requests);
    const { user, system } = process.cpuUsage(start);
    spent = user + system;
  }
  return Math.round((count * 1e6) / spent);
}

/** Awaits only what has to be awaited: a tick for each request would be charged to the synchronous ways. */
async function batch(check: Variant, all: readonly BenchRequest[]): Promise<number> {
  for (const request of all) {
    const result = check(request);
    if (!(typeof result === "boolean" ? result : await result)) throw new Error(`${name} refuses a good signature`);
  }
  return all.length;
}
