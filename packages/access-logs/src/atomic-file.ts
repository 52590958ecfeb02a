import { mkdir, open, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Puts a whole file in place of what is there, or nothing: a reader never sees half of it, and it is on the disk on return.
 * One writer a path at a time.
 */
export async function writeFileAtomic(path: string, data: Buffer | string, mode = 0o600): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = join(dirname(path), `.${basename(path)}.tmp`);
  {
    await using handle = await open(temporary, "w", mode);
    await handle.writeFile(data);
    await handle.datasync();
  }
  await rename(temporary, path);
}
