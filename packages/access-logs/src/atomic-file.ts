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
    await handle.writeFile(data);
    await handle.datasync();
  }
  await rename(temporary, path);
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
