import { createReadStream } from "node:fs";
import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import type { AccessRecord, Logger } from "@pergola/core";

/** Bounds of one search. */
export interface LogSearchLimits {
  readonly maxFiles?: number;
  /** Bytes of log lines, after decompression; the newest files come first. */
  readonly maxBytes?: number;
}

/** Finds a record in access log files. */
export type LogSearch = (
  requestId: string,
  isVisible: (record: AccessRecord) => boolean,
) => Promise<AccessRecord | undefined>;

const newline = 0x0a;
/** No record is longer: a request's head has 64 KiB at most. What is longer is no record. */
const maxLineBytes = 1024 * 1024;

/**
 * Searches the files that stand in for log destinations on this machine, the newest first, one search at a time.
 * @param dir where the file sinks write
 */
export function createLogSearch(
  dir: string,
  logger: Logger,
  { maxFiles = 20_000, maxBytes = 256 * 1024 * 1024 }: LogSearchLimits = {},
): LogSearch {
  const search: LogSearch = async (requestId, isVisible) => {
    const budget = { bytes: maxBytes };
    const needle = Buffer.from(`"requestId":${JSON.stringify(requestId)}`);
    const isWanted = (record: AccessRecord): boolean => record.requestId === requestId && isVisible(record);
    for (const { file, size } of await newestFiles(dir, maxFiles)) {
      if (budget.bytes <= 0) return undefined;
      try {
        const found = await findIn(linesWith(needle, read(file, size, budget.bytes), budget), isWanted);
        if (found !== undefined) return found;
      } catch (error) {
        logger.warn("an access log file could not be searched", { file, error: String(error) });
      }
    }
    return undefined;
  };
  let last: Promise<unknown> = Promise.resolve();
  return (requestId, isVisible) => {
    const result = last.then(() => search(requestId, isVisible));
    last = result.catch(() => undefined);
    return result;
  };
}

async function newestFiles(dir: string, maxFiles: number): Promise<{ file: string; size: number; time: number }[]> {
  const files: { file: string; size: number; time: number }[] = [];
  try {
    for await (const entry of await opendir(dir, { recursive: true })) {
      if (!entry.isFile() || entry.name.startsWith(".") || !/\.(?:log|json|json\.gz)$/.test(entry.name)) continue;
      const file = join(entry.parentPath, entry.name);
      const { size, mtimeMs } = await stat(file);
      files.push({ file, size, time: mtimeMs });
      if (files.length === maxFiles) break;
    }
  } catch (error) {
    // Nothing has been logged yet, or a file went away while its directory was read.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return files.sort((one, other) => other.time - one.time);
}

/** @returns the end of a plain file, and a compressed one from its beginning */
function read(file: string, size: number, maxBytes: number): AsyncIterable<Buffer> {
  if (!file.endsWith(".gz"))
    return createReadStream(file, { start: Math.max(0, size - maxBytes), highWaterMark: 1024 * 1024 });
  const unzip = createGunzip();
  createReadStream(file)
    .on("error", (error) => unzip.destroy(error))
    .pipe(unzip);
  return unzip;
}

async function* linesWith(
  needle: Buffer,
  chunks: AsyncIterable<Buffer>,
  budget: { bytes: number },
): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    budget.bytes -= chunk.length;
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = data.lastIndexOf(newline) + 1;
    for (let at = data.indexOf(needle); at >= 0 && at < end; ) {
      const lineEnd = data.indexOf(newline, at);
      yield data.toString("utf8", data.lastIndexOf(newline, at) + 1, lineEnd);
      at = data.indexOf(needle, lineEnd);
    }
    rest = data.length - end > maxLineBytes ? Buffer.alloc(0) : data.subarray(end);
    if (budget.bytes <= 0) return;
  }
}

async function findIn(
  lines: AsyncIterable<string>,
  isWanted: (record: AccessRecord) => boolean,
): Promise<AccessRecord | undefined> {
  for await (const line of lines) {
    const record = recordOf(line);
    if (record !== undefined && isWanted(record)) return record;
  }
  return undefined;
}

/** @returns undefined for a line that is no record: the first one of a file's end may be cut */
function recordOf(line: string): AccessRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isRecord(value: unknown): value is AccessRecord {
  if (typeof value !== "object" || value === null) return false;
  const { requestId, serviceArn, serviceNetworkArn } = value as Readonly<Record<string, unknown>>;
  return [requestId, serviceArn, serviceNetworkArn].every((member) => typeof member === "string");
}
