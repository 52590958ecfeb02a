import { expect, it } from "vitest";
import { ResetAllowance } from "./reset-allowance.ts";

function takes(allowance: ResetAllowance, now: number, count: number): number {
  return Array.from({ length: count }, () => allowance.take(now)).filter(Boolean).length;
}

it("lets so many resets pass at once, and so many more each second, up to as many again", () => {
  const allowance = new ResetAllowance(5, 2, 1_000);
  expect(takes(allowance, 1_000, 10)).toBe(5);
  const other = new ResetAllowance(5, 2, 0);
  expect(takes(other, 0, 5)).toBe(5);
  expect(takes(other, 1_000, 2)).toBe(2);
  expect(takes(other, 3_600_000, 100)).toBe(5);
});

it("does not forgive a client that goes on without a pause", () => {
  const allowance = new ResetAllowance(5, 2, 0);
  takes(allowance, 0, 100);
  expect(allowance.take(1_000)).toBe(false);
});
