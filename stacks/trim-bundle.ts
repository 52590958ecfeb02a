import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Source: sst 4.17.1, pkg/runtime/node/build.go; before every module of every function. */
const banner =
  /^import \{ createRequire as topLevelCreateRequire \} from 'module';\nconst require = .*;\nimport \{ fileURLToPath as .* from "url"\nconst __filename = .*\nconst __dirname = .*\n+/;
const bannerNames = /\b(?:require|__filename|__dirname)\b/;
/** Middy's. The import loads `node:timers/promises` with it. */
const timersImport = /import\{setTimeout as ([\w$]+)\}from"node:timers";/;
const bareImport = /import"(\.\/chunk-[\w-]+\.mjs)";/g;

/**
 * Takes out of a function's modules what costs a start time and nothing in them uses: SST's banner, which loads two builtins, and the
 * import of esbuild's helpers that every entry has, whether it needs them or not, which loads a file. `docs/lambda.md` has the numbers.
 * Whatever does not look as expected stays as it is.
 * @param dir with the modules that SST or esbuild has built, minified
 */
export async function trimBundle(dir: string): Promise<void> {
  const files = (await readdir(dir)).filter((name) => name.endsWith(".mjs"));
  const trimmed = new Map(
    await Promise.all(
      files.map(async (name) => [name, withoutBanner(await readFile(join(dir, name), "utf8"))] as const),
    ),
  );
  for (const [name, source] of trimmed) {
    const result = source
      .replace(timersImport, "const $1=setTimeout;")
      .replaceAll(bareImport, (statement, path: string) =>
        isHelpers(trimmed.get(path.slice(2)) ?? "") ? "" : statement,
      );
    await writeFile(join(dir, name), result);
  }
}

function withoutBanner(source: string): string {
  const rest = source.replace(banner, "");
  return bannerNames.test(rest) ? source : rest;
}

/** Without what is in brackets: variables that are functions, or members of Object. */
const helpers = /^(?:var (?:[\w$]+=(?:Object(?:\.\w+)+|(?:(?:\(\)|[\w$]+)=>)+(?:\(\)|\{\}))[,;])+)+export\{\};?\s*$/;

/** @returns whether a module is nothing but helpers of esbuild's, which do nothing until they are called */
function isHelpers(source: string): boolean {
  return source.length < 4000 && helpers.test(outsideBrackets(source));
}

function outsideBrackets(source: string): string {
  let depth = 0;
  let outside = "";
  for (const char of source) {
    if (")]}".includes(char)) depth -= 1;
    if (depth === 0) outside += char;
    if ("([{".includes(char)) depth += 1;
  }
  return outside;
}
