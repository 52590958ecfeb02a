import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";

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

const sstBanner = [
  "import { createRequire as topLevelCreateRequire } from 'module';",
  "const require = topLevelCreateRequire(import.meta.url);",
  'import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url"',
  "const __filename = topLevelFileUrlToPath(import.meta.url)",
  'const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url))',
  "",
].join("\n");

/**
 * Bundles entries as they are deployed: ESM, minified, and split, so that a start loads only what it needs.
 * @param outdir gets `<name>.mjs` and the chunks
 * @param more other entries by their names
 * @param splitting false: each entry is one file, with everything that it may load later
 */
export async function bundleEntries(
  names: readonly EntryName[],
  outdir: string,
  more: Readonly<Record<string, string>> = {},
  splitting = true,
): Promise<Metafile> {
  const entries = names.map((name) => [name, entryFile(name)]);
  const { metafile } = await build({
    entryPoints: { ...Object.fromEntries(entries), ...more },
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "esnext",
    mainFields: ["module", "main"],
    minify: true,
    splitting,
    metafile: true,
    logLevel: "error",
    // SST's, word for word: it is part of what every chunk costs. Source: sst 4.17.1, pkg/runtime/node/build.go.
    banner: { js: sstBanner },
  });
  return metafile;
}

/** @returns bytes that are read before the handler of an entry can run: the entry and the chunks that it imports statically */
export function startBytes({ outputs }: Metafile, file: string): number {
  const start = Object.keys(outputs).find((name) => name.endsWith(`/${file}`));
  if (start === undefined) throw new Error(`no output \`${file}\``);
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const { kind, path } of outputs[name]?.imports ?? []) {
      if (kind === "import-statement" && outputs[path] !== undefined) visit(path);
    }
  };
  visit(start);
  return [...seen].reduce((sum, name) => sum + (outputs[name]?.bytes ?? 0), 0);
}
