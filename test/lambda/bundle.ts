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

/**
 * Bundles entries as they are deployed: ESM, minified, and split, so that a start loads only what it needs.
 * @param outdir gets `<name>.mjs` and the chunks
 */
export async function bundleEntries(
  names: readonly EntryName[],
  outdir: string,
  more: Readonly<Record<string, string>> = {},
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
    splitting: true,
    metafile: true,
    logLevel: "error",
    // Some of the SDK's dependencies are CommonJS and ask for node modules.
    banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
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
