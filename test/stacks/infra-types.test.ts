import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("the stacks and the settings have the types that SST asks for", () => {
  const run = () =>
    execFileSync("stacks/node_modules/.bin/tsc", ["-p", "tsconfig.infra.json"], { encoding: "utf8", stdio: "pipe" });
  expect(run).not.toThrow();
});
