import { type FileHandle, mkdir, open, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Puts a whole file in place of what is there, or nothing: a reader never sees half of it, and it is on the disk on return.
 * One writer a path at a time.
 */
export async function writeFileAtomic(path: string, data: Buffer | string, mode = 0o600): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.tmp`);
  {
    await using handle = await openIn(temporary, "w", mode, 0o700);
    await writePieces(handle, Buffer.from(data));
    await handle.datasync();
  }
  await rename(temporary, path);
}

/**
 * Bytes of one write. It runs in a thread that may share its processor with the event loop: 4 MB at a time, each batch of a log held up
 * requests for milliseconds (bench/proxy, one processor, 8,000 requests a second: p99 3.6 ms with it, 1.8 ms in pieces).
 */
const maxPiece = 128 * 1024;

/** Writes all of `data` where the file is, in pieces. @throws what the disk says */
export async function writePieces(handle: Pick<FileHandle, "write">, data: Buffer): Promise<void> {
  for (let done = 0; done < data.length; ) {
    const { bytesWritten } = await handle.write(data, done, Math.min(maxPiece, data.length - done));
    done += bytesWritten;
  }
}

/**
 * Opens a file, and makes its directory first where there is none.
 * @param directoryMode of directories that are made
 */
export async function openIn(path: string, flags: string, mode: number, directoryMode: number): Promise<FileHandle> {
  try {
    return await open(path, flags, mode);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await mkdir(dirname(path), { recursive: true, mode: directoryMode });
    return open(path, flags, mode);
  }
}

/** @returns whether an error of the file system says that there is no such file or directory */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
