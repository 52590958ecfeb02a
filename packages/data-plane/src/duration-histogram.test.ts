import fc from "fast-check";
import { expect, it } from "vitest";
import { DurationHistogram } from "./duration-histogram.ts";

it("a duration is counted in a bucket that it lies in, and buckets are narrow", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (micros) => {
      const times = new DurationHistogram();
      times.note(micros / 1_000);
      const [bucket, ...others] = times.filled();
      expect(others).toEqual([]);
      expect(bucket).toMatchObject({ count: 1 });
      const { from, to } = bucket as { from: number; to: number };
      // A microsecond either way, for what dividing by 1,000 makes of it.
      expect(from).toBeLessThanOrEqual(micros / 1_000);
      expect(to).toBeGreaterThan((micros - 1) / 1_000);
      expect(to - from).toBeLessThanOrEqual(Math.max(0.0011, from / 7.9));
    }),
  );
});

it("durations of hours count in the last bucket, and nothing is lost", () => {
  const times = new DurationHistogram();
  for (const milliseconds of [0, 0.4, 1e7, 1e12]) times.note(milliseconds);

  expect(times.filled().reduce((sum, { count }) => sum + count, 0)).toBe(4);
  expect(times.longest).toBe(1e12);
});
