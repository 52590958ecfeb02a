import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { accessLogObject, accessLogStream, type LogBatch, type LogDestinationKind, type LogSink } from "@pergola/core";
import { isMissing, openIn, writeFileAtomic, writePieces } from "./atomic-file.ts";

const compress = promisify(gzip);
const fileMode = 0o644;
/** A batch takes some twenty trips to the disk, whatever its size. */
const maxBatchBytes = 4 << 20;

interface FileSinkOptions {
  readonly dir: string;
  /** Tells writers apart that run at one time: a log stream has one only, so its name ends with this. */
  readonly writer?: string;
}

/**
 * Destinations as files under `dir`, with the bytes that AWS would hold, each line exactly once whatever happens:
 * `cloudwatch/<group>/<stream>.log`, `s3/<bucket>/<key>`, `firehose/<stream>/<YYYY>/<MM>/<DD>/<HH>/….json`.
 */
export function createFileSinks({ dir, writer }: FileSinkOptions): Record<LogDestinationKind, LogSink> {
  const suffix = writer === undefined ? "" : `_${writer}`;
  return {
    cloudwatch: {
      maxBatchBytes,
      async deliver(batch) {
        const { group, stream } = accessLogStream(batch.destination);
        await appendBatch(join(dir, "cloudwatch", safePath(group), safePath(`${stream}${suffix}.log`)), batch);
      },
    },
    s3: {
      async deliver(batch) {
        const { bucket, key } = accessLogObject(batch);
        await writeFileAtomic(join(dir, "s3", safePath(bucket), safePath(key)), await compress(batch.lines), fileMode);
      },
    },
    firehose: {
      maxBatchBytes,
      async deliver({ destination, time, batchId, lines }) {
        const stream = destination.destinationArn.split("/").at(-1) ?? "";
        const at = time.toISOString();
        const name = `${stream}-${at.slice(0, 19).replaceAll(/[T:]/g, "-")}-${batchId}.json`;
        const folder = at.slice(0, 13).replaceAll(/[-T]/g, "/");
        await writeFileAtomic(join(dir, "firehose", safePath(stream), folder, safePath(name)), lines, fileMode);
      },
    },
  };
}

/** Longest file name of usual file systems is 255 bytes; a log group's name has up to 512. */
const maxName = 200;

/**
 * A relative path of names that came from an ARN: `..` cannot leave the directory, an empty name does not end up elsewhere.
 * @returns the path, without a `/` at its beginning
 */
function safePath(path: string): string {
  const names = path.split("/").filter((name) => name !== "");
  return names.map(safeName).join("/");
}

function safeName(name: string): string {
  if (/^\.+$/.test(name)) return name.replaceAll(".", "%2E");
  if (name.length <= maxName) return name;
  return `${name.slice(0, maxName - 17)}~${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;
}

/**
 * Appends a batch. Beside the log, a hidden file says which batch is being appended and how long the log was before: if that
 * batch comes again, after a crash or a full disk, what there is of it is cut off first.
 */
async function appendBatch(path: string, { batchId, lines }: LogBatch): Promise<void> {
  const notePath = join(dirname(path), `.${path.slice(dirname(path).length + 1)}.batch`);
  await using log = await openIn(path, "a+", fileMode, 0o755);
  let { size } = await log.stat();
  const note = await readNote(notePath);
  if (note?.batchId === batchId) {
    size = Math.min(size, note.size);
    await log.truncate(size);
  } else {
    await writeFileAtomic(notePath, JSON.stringify({ batchId, size }));
  }
  await writePieces(log, lines);
  await log.datasync();
}

async function readNote(path: string): Promise<{ batchId: string; size: number } | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as { batchId: string; size: number };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new Error(`\`${path}\` cannot be read: delete it`, { cause: error });
  }
}
