import { lstatSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";

const extensions = [".mjs", ".ts", ".js", ".mts", ".cjs", ".cts"];

/**
 * @param name a function's name, already checked to be letters, digits, `-` and `_`
 * @returns the file of the function, or undefined when the directory has none: `hello.mjs` before `hello.ts` before `hello.js`
 */
export function findFunction(dir: string, name: string): string | undefined {
  for (const extension of extensions) {
    const file = join(dir, name + extension);
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (found?.isFile()) return file;
    if (found?.isSymbolicLink()) return insideOnly(dir, file);
  }
  return undefined;
}

/** A link that leads out of the directory is refused: it could make any script on the machine callable. */
function insideOnly(dir: string, link: string): string | undefined {
  const file = statSync(link, { throwIfNoEntry: false });
  if (!file?.isFile()) return undefined;
  const target = realpathSync(link);
  return target.startsWith(realpathSync(dir) + sep) ? target : undefined;
}
