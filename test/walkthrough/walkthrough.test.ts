import { expect, it } from "vitest";
import { walkThrough } from "./walkthrough.ts";

it("walks through VPC Lattice's launch article on one machine", { timeout: 120_000 }, async () => {
  const said: string[] = [];
  await walkThrough((line) => said.push(line));
  expect(said.at(-1)).toMatch(/the bucket holds one entry for each/);
});
