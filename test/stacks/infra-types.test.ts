import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

it("the stacks and the settings have the types that SST asks for", () => {
  const run = spawnSync("stacks/node_modules/.bin/tsc", ["-p", "tsconfig.infra.json"], { encoding: "utf8" });
  expect(run.stdout + run.stderr).toBe("");
  expect(run.status).toBe(0);
});
