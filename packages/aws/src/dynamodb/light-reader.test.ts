import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createLightDynamoReader } from "./light-reader.ts";

const importPattern = /(?:^|\n)(?:import|export)\s+(?!type\b)[^;]*?from\s+"([^"]+)"|import\("([^"]+)"\)/g;

/** @returns every package that running this file loads, its own dependencies left out */
function packagesLoadedBy(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  expect(existsSync(file)).toBe(true);
  for (const [, named = "", dynamic = ""] of readFileSync(file, "utf8").matchAll(importPattern)) {
    const specifier = named || dynamic;
    if (!specifier.startsWith(".")) packages.add(specifier);
    else for (const one of packagesLoadedBy(new URL(specifier, `file://${file}`).pathname, seen)) packages.add(one);
  }
  return packages;
}

describe("the light reader", () => {
  it("loads nothing of AWS's SDK, which takes longer to load than a cold start may", () => {
    const loaded = [...packagesLoadedBy(fileURLToPath(new URL("light-reader.ts", import.meta.url)))].sort();

    expect(loaded.filter((name) => !name.startsWith("node:"))).toEqual(["@pergola/core"]);
  });

  it("says what is missing when it has no region", () => {
    const options = { table: "pergola", region: "", logger: { info: () => {}, warn: () => {}, error: () => {} } };

    expect(() => createLightDynamoReader(options)).toThrow("region: give one, or set AWS_REGION");
  });

  it("says what is missing when the environment has no credentials", async () => {
    const { AWS_ACCESS_KEY_ID: kept } = process.env;
    delete process.env.AWS_ACCESS_KEY_ID;
    const reader = createLightDynamoReader({
      table: "pergola",
      region: "us-west-2",
      endpoint: "http://127.0.0.1:1",
      logger: { info: () => {}, warn: () => {}, error: () => {} },
    });

    await expect(reader.get({ owner: "a", id: "b" })).rejects.toThrow("credentials: set AWS_ACCESS_KEY_ID");

    await reader.close();
    if (kept !== undefined) process.env.AWS_ACCESS_KEY_ID = kept;
  });
});
