import { globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { describe, expect, it } from "vitest";

/** What each package may import beside `node:` modules: the table of docs/architecture.md. */
const allowed: Readonly<Record<string, RegExp>> = {
  core: /^$/,
  iam: /^@pergola\/core$|^jose$/,
  "control-plane": /^@pergola\/(core|iam)$|^@aws-sdk\/client-(vpc-lattice|sts|ram)$|^@smithy\/core(\/schema)?$/,
  "data-plane": /^@pergola\/(core|iam)$|^@opentelemetry\/(api|sdk-trace|exporter-trace-otlp-http|resources)$/,
  "access-logs": /^@pergola\/core$/,
  "health-checks": /^@pergola\/core$/,
  "store-sqlite": /^@pergola\/core$/,
  aws: /^@pergola\/core$|^@aws-sdk\/.+$/,
  lambda: /^@pergola\/(core|iam|control-plane|data-plane(\/tracing)?|access-logs|health-checks|aws)$|^@middy\/.+$/,
  server:
    /^@pergola\/(core|iam|control-plane|data-plane(\/tracing)?|access-logs|health-checks|store-sqlite|aws)$|^@peculiar\/x509$|^reflect-metadata$|^prom-client$/,
  cli: /^@pergola\/(core|iam|server)$|^@aws-sdk\/client-(vpc-lattice|sts)$|^(commander|yaml)$/,
};

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^;"']*?from\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|(?:^|\n)\s*import\s*["']([^"']+)["']/g;

function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

/** What runs in production: neither tests nor what only tests use. */
function sourcesOf(name: string): string[] {
  const isTest = /\.test\.ts$|[\\/]src[\\/]testing[\\/]/;
  return globSync(`packages/${name}/src/**/*.ts`).filter((file) => !isTest.test(file));
}

function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? "");
}

const packages = globSync("packages/*/package.json").map((file) => file.split(/[\\/]/)[1] ?? "");

describe("the import table", () => {
  it("names every package, and no package that is not there", () => {
    expect([...packages].sort()).toEqual(Object.keys(allowed).sort());
  });

  it.each(packages)("packages/%s declares only dependencies of its inner layers", (name) => {
    const { dependencies = {} } = JSON.parse(readFileSync(`packages/${name}/package.json`, "utf8"));
    expect(Object.keys(dependencies).filter((dependency) => !allowed[name]?.test(dependency))).toEqual([]);
  });

  it.each(packages)("packages/%s imports only what its row allows, and no other package's insides", (name) => {
    const files = sourcesOf(name);
    expect(files.length).toBeGreaterThan(0);
    const offending = files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => !specifier.startsWith(".") && !isBuiltin(specifier) && !allowed[name]?.test(specifier))
        .map((specifier) => `${file}: ${specifier}`),
    );
    expect(offending).toEqual([]);
  });

  it.each(packages)("packages/%s declares each package that it imports", (name) => {
    const { dependencies = {} } = JSON.parse(readFileSync(`packages/${name}/package.json`, "utf8"));
    const files = sourcesOf(name);
    const used = new Set(
      files
        .flatMap(importsOf)
        .filter((specifier) => !specifier.startsWith(".") && !isBuiltin(specifier))
        .map(packageOf),
    );
    expect([...used].filter((specifier) => !(specifier in dependencies))).toEqual([]);
  });

  it("leaves no relative import that climbs out of its package", () => {
    const climbing = globSync("packages/*/src/**/*.ts").flatMap((file) => {
      const depth = file.split(/[\\/]/).length - 3;
      return importsOf(file)
        .filter((specifier) => specifier.startsWith("../".repeat(depth + 1)))
        .map((specifier) => `${file}: ${specifier}`);
    });
    expect(climbing).toEqual([]);
  });
});
