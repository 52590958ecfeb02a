import { expect, it } from "vitest";
import { restartDelay } from "./restart-delay.ts";

it.each([
  [60_000, 0, 0],
  [60_000, 30_000, 0],
  [10_000, 4_000, 0],
  [9_999, 0, 1_000],
  [5, 1_000, 2_000],
  [5, 8_000, 16_000],
  [5, 16_000, 30_000],
  [5, 30_000, 30_000],
])("a worker that lived %d ms after a pause of %d ms is followed after %d ms", (lived, last, expected) => {
  expect(restartDelay(lived, last)).toBe(expected);
});
