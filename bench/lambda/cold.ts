import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { event, networkId, serviceId } from "../../stacks/tools/sample-deployment.ts";
import { fillSampleTable, sampleEnvironment } from "../../stacks/tools/sample-environment.ts";
import { AwsStandIn } from "../../test/lambda/aws-stand-in.ts";
import { RuntimeApi } from "../../test/lambda/runtime-api.ts";
import { readUrlResponse } from "../../test/lambda/url-response.ts";
import { canPin, cores, cpuTime } from "../proxy/processes.ts";

/** Milliseconds from the start of a process to its first answer. */
export interface ColdStart {
  readonly elapsed: number;
  /** On a processor, of all threads: what other work on the machine lengthens least. Linux only, else NaN. */
  readonly processor: number;
  /** How much of the time the process could have run but for others on its core, from 0 to 1. Linux only, else 0. */
  readonly foreign: number;
}

export interface ColdStarts {
  /** Starts one fresh process of a variant. */
  measure(variant: string): Promise<ColdStart>;
  close(): void;
}

/**
 * Each start has a core for itself, as the smallest Lambda functions have less than one; this process, which stands in for Lambda and
 * DynamoDB, has the other (without `taskset` they share all).
 * @param dir where the bundles are, `<variant>/index.mjs`, and the runtime as `bootstrap.mjs`
 */
export async function openColdStarts(dir: string): Promise<ColdStarts> {
  if (canPin) execFileSync("taskset", ["-a", "-c", "-p", String(cores.load), String(process.pid)], { stdio: "ignore" });
  const aws = new AwsStandIn();
  const endpoint = await aws.listen();
  await fillSampleTable(endpoint);
  const env = {
    PATH: process.env.PATH ?? "",
    ...sampleEnvironment(endpoint),
    BENCH_SERVICE: serviceId,
    BENCH_NETWORK: networkId,
  };
  return {
    async measure(variant) {
      const api = new RuntimeApi();
      const address = await api.listen();
      aws.reads.length = 0;
      const invocation = api.invoke(event);
      const start = performance.now();
      const program = [process.execPath, join(dir, "bootstrap.mjs"), join(dir, variant, "index.mjs")];
      const [command = "", ...args] = canPin ? ["taskset", "-c", String(cores.proxy), ...program] : program;
      const child = spawn(command, args, {
        env: { ...env, AWS_LAMBDA_RUNTIME_API: address },
        stdio: ["ignore", "inherit", "inherit"],
      });
      try {
        const { statusCode } = await readUrlResponse(invocation);
        const elapsed = performance.now() - start;
        const reads = variant.startsWith("empty") ? 0 : 2;
        if (statusCode !== 404 || aws.reads.length !== reads) {
          throw new Error(`${variant} answered ${statusCode} after ${aws.reads.length} reads`);
        }
        const pid = child.pid ?? 0;
        return { elapsed, processor: cpuTime(pid) / 1000, foreign: waitedFor(pid) / elapsed };
      } finally {
        child.kill("SIGKILL");
        api.close();
      }
    },
    close: () => aws.close(),
  };
}

/** @returns milliseconds that the main thread of a process was ready to run and did not; 0 where nobody says */
function waitedFor(pid: number): number {
  if (process.platform !== "linux") return 0;
  return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1]) / 1e6;
}
