import { readFileSync } from "node:fs";
import { latticeOperations, operations } from "@pergola/control-plane";
import { expect, it } from "vitest";
import { coverageText } from "./coverage.ts";

it("docs/coverage.md is current; `node packages/control-plane/tools/write-coverage.ts` writes it", () => {
  const committed = readFileSync(new URL("../../../docs/coverage.md", import.meta.url), "utf8");

  expect(committed).toBe(coverageText());
});

it("the API has 73 operations", () => {
  expect(latticeOperations).toHaveLength(73);
});

it("every operation of Pergola is one of the API", () => {
  const names = new Set(latticeOperations.map(({ name }) => name));

  expect(Object.keys(operations).filter((name) => !names.has(name))).toEqual([]);
});
