import { randomUUID } from "node:crypto";
import { LambdaInvokeError, type LambdaInvoker, type LambdaResult, type Logger } from "@pergola/core";
import { findFunction } from "./find-function.ts";
import { parseFunctionArn } from "./function-arn.ts";
import { createFunctionPool, type FunctionPool } from "./function-pool.ts";
import { startFunctionWorker } from "./function-worker.ts";

export interface FunctionsRunnerOptions {
  /** Where functions are: `hello.mjs` is `arn:aws:lambda:<any region>:<any account>:function:hello`. */
  readonly dir: string;
  readonly region: string;
  readonly logger: Logger;
  /** For one invocation; Lambda's own default is 3 s. */
  readonly timeoutMs?: number;
  /** Heap of a thread. Buffers lie outside of it and are not limited. */
  readonly memoryMb?: number;
  readonly maxWorkersPerFunction?: number;
  readonly maxQueuedPerFunction?: number;
  readonly idleMs?: number;
}

export interface FunctionsRunner extends LambdaInvoker {
  close(): Promise<void>;
}

/** Lambda's limit on request and response payloads, 6 MB and a little. Source: Lambda quotas and its error text, read 2026-11. */
export const maxPayloadBytes = 6_291_556;

/**
 * Runs the functions of a directory, each in threads of its own, so that a function that loops, crashes or exits ends nothing
 * but its own invocation. Code is reloaded when a file that it was loaded from has changed.
 *
 * The threads keep the server's event loop and its heap safe from mistakes; they are no sandbox against hostile code.
 */
export function createFunctionsRunner(options: FunctionsRunnerOptions): FunctionsRunner {
  const { dir, region, logger, timeoutMs = 30_000, memoryMb = 128 } = options;
  const { maxWorkersPerFunction: maxWorkers = 8, maxQueuedPerFunction: maxQueued = 256, idleMs = 300_000 } = options;
  /** By file: at most one for each file of the directory. */
  const pools = new Map<string, FunctionPool>();

  const poolOf = (file: string, functionName: string): FunctionPool => {
    const known = pools.get(file);
    if (known !== undefined) return known;
    const start = () =>
      startFunctionWorker({ file, functionName, region, logger, memoryMb, maxResponseBytes: maxPayloadBytes });
    const pool = createFunctionPool({ start, maxWorkers, maxQueued, idleMs });
    pools.set(file, pool);
    return pool;
  };

  return {
    async invoke(functionArn, payload, signal): Promise<LambdaResult> {
      const { name } = parseFunctionArn(functionArn) ?? unknown(functionArn, "it is no function ARN");
      if (payload.length > maxPayloadBytes || Buffer.byteLength(payload) > maxPayloadBytes) {
        throw new LambdaInvokeError("too-large", `the payload is larger than ${maxPayloadBytes} bytes`);
      }
      const file =
        findFunction(dir, name) ?? unknown(functionArn, `${dir} has no ${name}.mjs, ${name}.ts or ${name}.js`);
      const requestId = randomUUID();
      const outcome = await poolOf(file, name).run({ requestId, functionArn, payload, timeoutMs }, signal);
      const bytes = Buffer.from(outcome.payload);
      if (!outcome.failed) return { payload: bytes };
      logger.warn("a function failed", { function: name, requestId, error: outcome.payload.slice(0, 2_048) });
      return { payload: bytes, functionError: "Unhandled" };
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
  };
}

function unknown(functionArn: string, why: string): never {
  throw new LambdaInvokeError("unknown-function", `function \`${functionArn.slice(0, 256)}\` is not known: ${why}`);
}
