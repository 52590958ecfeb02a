import { statSync } from "node:fs";

/** @returns a text that differs once a file was written or replaced; `gone` when there is none */
export function fileStamp(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? "gone" : `${found.mtimeNs} ${found.ctimeNs} ${found.size} ${found.ino}`;
}
