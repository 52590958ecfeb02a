import { setTimeout as sleep } from "node:timers/promises";
import type { PergolaProcess } from "../harness/pergola.ts";
import { openPlainClient, type PlainAnswer, type PlainClient } from "../harness/plain-client.ts";

/** A worker as `/pergola/metrics` tells of it. */
export interface WorkerPart {
  readonly worker: number;
  readonly pid: number;
  readonly connections: number;
  readonly requests: number;
}

/** @returns the workers that run, by their number */
export async function workersOf({ apiUrl }: PergolaProcess): Promise<WorkerPart[]> {
  const answer = await fetch(`${apiUrl}/pergola/metrics`);
  const { workers } = (await answer.json()) as { workers: WorkerPart[] };
  return workers.toSorted((one, other) => one.worker - other.worker);
}

/** Requests that go on until they are told to stop. */
export interface Load {
  readonly answers: PlainAnswer[];
  /** What went wrong, by what it was. */
  readonly failures: string[];
  /** @returns when the last answer is there */
  stop(): Promise<void>;
}

interface LoadOptions {
  readonly host: string;
  readonly port: number;
  /** Connections, each with one request after the other. */
  readonly connections?: number;
  readonly path?: string;
  /** Default: HTTP/1.1 in clear. */
  readonly client?: PlainClient;
  /** Failures that end a lane without being one. */
  readonly isEnd?: (code: string) => boolean;
}

/** Sends requests on connections that stay open as long as Pergola lets them. */
export function startLoad(options: LoadOptions): Load {
  const { host, port, connections = 16, path = "/load", isEnd = () => false } = options;
  const client = options.client ?? openPlainClient(host, port, connections);
  const answers: PlainAnswer[] = [];
  const failures: string[] = [];
  let isOver = false;
  const lane = async (): Promise<void> => {
    while (!isOver) {
      try {
        const answer = await client.send({ path });
        answers.push(answer);
        if (answer.status !== 200) failures.push(`${answer.status} ${answer.body}`);
      } catch (error) {
        const { code = "", message } = error as NodeJS.ErrnoException;
        if (isEnd(code)) return;
        failures.push(`${code} ${message}`);
        await sleep(20);
      }
    }
  };
  const lanes = Promise.all(Array.from({ length: connections }, lane));
  return {
    answers,
    failures,
    async stop() {
      isOver = true;
      await lanes;
      client[Symbol.dispose]();
    },
  };
}
