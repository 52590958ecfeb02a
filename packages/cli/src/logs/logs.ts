import type { AccessRecord } from "@pergola/core";
import { type Api, ApiFailure, openApi, type StreamingApi } from "../api/api.ts";
import type { ApiFlags } from "../api/call-and-print.ts";
import { CliFailure } from "../cli-failure.ts";
import { findByName } from "../get/find-by-name.ts";
import type { CliIo } from "../run-cli.ts";
import { untilSignal } from "../until-signal.ts";
import { boundedLines } from "./bounded-lines.ts";
import { recordLine } from "./record-line.ts";
import { writeOut } from "./write-out.ts";

/** What commander gives for the options of `pergola logs`. */
export interface LogsFlags extends ApiFlags {
  readonly follow?: true;
  readonly limit: number;
  readonly service?: string;
  readonly status?: string;
  readonly path?: string;
  readonly caller?: string;
  readonly denied?: true;
}

const retryMs = 1_000;
/** Records that are asked for again after a break, to find where it began. */
const catchUp = 1_000;

/** Prints records until a signal, or the last ones. @throws CliFailure when the server refuses, or is not there at the beginning */
export async function logs(flags: LogsFlags, io: CliIo): Promise<void> {
  const api = openApi(flags, io);
  const query = await queryOf(api, flags);
  const end = untilSignal();
  const over = new AbortController();
  void end.received.then(() => over.abort());
  const reader = new RecordReader(flags, io);
  try {
    for (let limit = flags.limit; !over.signal.aborted; limit = catchUp) {
      query.set("limit", String(limit));
      const failure = await readOnce(api, query, reader, over.signal);
      if (flags.follow !== true || over.signal.aborted) break;
      io.stderr.write(`pergola: ${failure ?? "the server has ended the stream"}: trying again\n`);
      await pause(retryMs, over.signal);
    }
  } finally {
    end.stop();
  }
}

async function queryOf(
  api: Api,
  { service, status, path, caller, denied, follow }: LogsFlags,
): Promise<URLSearchParams> {
  const query = new URLSearchParams();
  if (service !== undefined) query.set("service", (await findByName(api, service))?.arn ?? service);
  for (const [name, value] of Object.entries({ status, path, caller })) if (value !== undefined) query.set(name, value);
  if (denied === true) query.set("denied", "true");
  if (follow === true) query.set("follow", "true");
  return query;
}

/** @returns why the stream broke, once something had been read before; undefined when it ended */
async function readOnce(api: StreamingApi, query: URLSearchParams, reader: RecordReader, signal: AbortSignal) {
  reader.startOver();
  try {
    const chunks = await api.stream(`/pergola/logs?${query}`, signal);
    for await (const line of boundedLines(chunks as AsyncIterable<Buffer>)) await reader.take(line);
    return undefined;
  } catch (error) {
    if (signal.aborted) return undefined;
    // A refusal stays one however often it is asked for.
    if (!reader.hasRead || error instanceof ApiFailure) throw error;
    return error instanceof CliFailure ? error.message : `the stream broke: ${(error as Error).message}`;
  }
}

/** Prints each record once, also where a second stream begins with what the first has ended with. */
class RecordReader {
  hasRead = false;
  readonly #flags: LogsFlags;
  readonly #io: CliIo;
  #lastId: string | undefined;
  /** Records of before this stream began; undefined once it is live. */
  #past: AccessRecord[] | undefined = [];

  constructor(flags: LogsFlags, io: CliIo) {
    this.#flags = flags;
    this.#io = io;
  }

  async take(line: string): Promise<void> {
    if (line === "") return;
    const { record, live, dropped } = JSON.parse(line) as { record?: AccessRecord; live?: true; dropped?: number };
    if (dropped !== undefined)
      this.#io.stderr.write(`pergola: ${dropped} records are left out: too many to keep up with\n`);
    if (live === true) {
      const past = this.#past ?? [];
      this.#past = undefined;
      const known = past.findLastIndex(({ requestId }) => requestId === this.#lastId);
      for (const one of past.slice(known + 1)) await this.#print(one);
      this.hasRead = true;
    } else if (record !== undefined) {
      if (this.#past === undefined) await this.#print(record);
      else this.#past.push(record);
    }
  }

  /** Before another stream begins. */
  startOver(): void {
    this.#past = [];
  }

  async #print(record: AccessRecord): Promise<void> {
    this.#lastId = record.requestId;
    const line = this.#flags.output === "json" ? JSON.stringify(record) : recordLine(record);
    await writeOut(this.#io, `${line}\n`);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    const stop = (): void => {
      clearTimeout(timer);
      done();
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
