import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { compileRouterAhead } from "../../stacks/compile-ahead.ts";
import { trimBundle } from "../../stacks/trim-bundle.ts";

/** The entries that the stacks deploy. */
export const entryNames = [
  "router-stream",
  "router-buffered",
  "router-alb",
  "control-plane",
  "health-checks",
  "log-delivery",
  "domain-verification",
] as const;
export type EntryName = (typeof entryNames)[number];

/** @returns the source of an entry */
export function entryFile(name: EntryName): string {
  return fileURLToPath(import.meta.resolve(`../../packages/lambda/src/${name}.ts`));
}

/** SST's, word for word: it is part of what every chunk costs. Source: sst 4.17.1, pkg/runtime/node/build.go. */
export const sstBanner: string = [
  "import { createRequire as topLevelCreateRequire } from 'module';",
  "const require = topLevelCreateRequire(import.meta.url);",
  'import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url"',
  "const __filename = topLevelFileUrlToPath(import.meta.url)",
  'const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url))',
  "",
].join("\n");

/**
 * Bundles entries as they are deployed: ESM, minified, split, so that a start loads only what it needs, trimmed, and routers compiled
 * ahead.
 * @param outdir gets `<name>.mjs` and the chunks
 * @param more other entries by their names
 * @param how `isSplit: false`: each entry is one file, with everything that it may load later; `isTrimmed: false`: as SST leaves it
 */
export async function bundleEntries(
  names: readonly EntryName[],
  outdir: string,
  more: Readonly<Record<string, string>> = {},
  { isSplit = true, isTrimmed = true }: { readonly isSplit?: boolean; readonly isTrimmed?: boolean } = {},
): Promise<void> {
  const entries = { ...Object.fromEntries(names.map((name) => [name, entryFile(name)])), ...more };
  await build({
    entryPoints: entries,
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "esnext",
    mainFields: ["module", "main"],
    minify: true,
    splitting: isSplit,
    logLevel: "error",
    banner: { js: sstBanner },
  });
  if (!isTrimmed) return;
  await trimBundle(outdir);
  const ahead = Object.entries(entries).map(([name, file]) =>
    compileRouterAhead(join(outdir, `${name}.mjs`), basename(file, ".ts")),
  );
  await Promise.all(ahead);
}

/** @returns the files that are read before the handler of a bundle can run: the bundle and the chunks that it imports statically */
export function startFiles(bundle: string, seen: Set<string> = new Set()): ReadonlySet<string> {
  if (seen.has(bundle)) return seen;
  seen.add(bundle);
  const imported = readFileSync(bundle, "utf8").matchAll(
    /(?:^|[;}\n])\s*(?:import|export)\b[^;"'()]*?["'](\.\/[^"']+)["']/g,
  );
  for (const [, file = ""] of imported) startFiles(join(dirname(bundle), file), seen);
  return seen;
}

/** @returns their bytes */
export function startBytes(bundle: string): number {
  return [...startFiles(bundle)].reduce((sum, file) => sum + statSync(file).size, 0);
}
