import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** @returns the paths of all files under `dir`, hidden ones left out, relative to it */
export function filesUnder(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();
}

/** @returns the numbers of the sample records that a kind of destination holds, in the order of its files and lines */
export function deliveredNumbers(dir: string, kind: "cloudwatch" | "s3" | "firehose"): number[] {
  const root = join(dir, kind);
  return filesUnder(root).flatMap((path) => {
    const bytes = readFileSync(join(root, path));
    const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
    if (!text.endsWith("\n")) throw new Error(`${path} ends within a line`);
    return text
      .slice(0, -1)
      .split("\n")
      .map((line) => Number((JSON.parse(line) as { requestPath: string }).requestPath.slice("/orders/".length)));
  });
}
