import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createDynamoStore } from "@pergola/aws";
import { owners } from "@pergola/core";
import { AwsStandIn } from "../../test/lambda/aws-stand-in.ts";
import { RuntimeApi } from "../../test/lambda/runtime-api.ts";
import { readUrlResponse } from "../../test/lambda/url-response.ts";
import { event, network, networkId, region, serviceId, serviceWith } from "./deployment.ts";

/** Milliseconds from the start of a process to its first answer. */
export interface ColdStart {
  readonly elapsed: number;
  /** On a processor, of all threads: what other work on the machine cannot lengthen. Linux only, else 0. */
  readonly processor: number;
}

export interface ColdStarts {
  /** Starts one fresh process of a variant. */
  measure(variant: string): Promise<ColdStart>;
  close(): Promise<void>;
}

/** @param dir where the bundles are, `<variant>/index.mjs`, and the runtime as `bootstrap.mjs` */
export async function openColdStarts(dir: string): Promise<ColdStarts> {
  const aws = new AwsStandIn();
  const endpoint = await aws.listen();
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
  const store = createDynamoStore({ client: { region, endpoint, credentials }, table: "pergola", logger: console });
  await store.transact([
    { kind: "put", key: { owner: owners.serviceSnapshots, id: serviceId }, value: serviceWith(10), expect: "any" },
    { kind: "put", key: { owner: owners.networkSnapshots, id: networkId }, value: network, expect: "any" },
  ]);
  const env = {
    PATH: process.env.PATH ?? "",
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    PERGOLA_TABLE: "pergola",
    PERGOLA_ACCOUNT_ID: "123456789012",
    PERGOLA_AWS_ENDPOINT: endpoint,
    PERGOLA_SOURCE_VPC: "any",
    PERGOLA_TRUST_FORWARDED_HOST: "1",
    PERGOLA_RECORD_QUEUE_URL: `${endpoint}/queue`,
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
      const child = spawn(process.execPath, [join(dir, "bootstrap.mjs"), join(dir, variant, "index.mjs")], {
        env: { ...env, AWS_LAMBDA_RUNTIME_API: address },
        stdio: ["ignore", "inherit", "inherit"],
      });
      try {
        const { statusCode } = await readUrlResponse(invocation);
        const elapsed = performance.now() - start;
        const reads = variant === "empty" ? 0 : 2;
        if (statusCode !== 404 || aws.reads.length !== reads) {
          throw new Error(`${variant} answered ${statusCode} after ${aws.reads.length} reads`);
        }
        return { elapsed, processor: processorTime(child.pid) };
      } finally {
        child.kill("SIGKILL");
        api.close();
      }
    },
    async close() {
      await store.close();
      aws.close();
    },
  };
}

function processorTime(pid: number | undefined): number {
  if (process.platform !== "linux" || pid === undefined) return 0;
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((id) =>
    Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, "utf8").split(" ")[0]),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}
