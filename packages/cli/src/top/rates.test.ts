import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import { type MetricsAnswer, ratesBetween } from "./rates.ts";
import { screenOf, topText } from "./top-text.ts";

const svc = "svc-0a1b2c3d4e5f60718";

function answer(
  requests: number,
  errors: number,
  times: Readonly<Record<number, number>>,
  startedAt = "2026-11-01T00:00:00Z",
): MetricsAnswer {
  const dimensions = [{ name: "Service", value: svc }];
  return {
    startedAt,
    metricData: [
      { metricName: "TotalRequestCount", dimensions, value: requests },
      { metricName: "HTTPCode_5XX_Count", dimensions, value: errors },
      { metricName: "RequestTime", dimensions, values: Object.keys(times).map(Number), counts: Object.values(times) },
    ],
  };
}

it("rates are what came between two answers, quantiles too", () => {
  const before = answer(1_000, 500, { 1: 1_000 });
  const after = answer(1_100, 510, { 1: 1_000, 2: 90, 50: 10 });

  expect(ratesBetween(before, after, 2)).toEqual([
    { kind: "service", id: svc, requestsPerSecond: 50, clientErrors: 0, serverErrors: 0.1, p50: 2, p99: 50 },
  ]);
});

it("a server that started again counts from nothing", () => {
  const after = answer(4, 0, { 3: 4 }, "2026-11-02T00:00:00Z");

  expect(ratesBetween(answer(1_000, 500, { 1: 1_000 }), after, 1)).toMatchObject([
    { requestsPerSecond: 4, serverErrors: 0, p50: 3, p99: 3 },
  ]);
});

it("without requests in between there are no times", () => {
  const same = answer(10, 1, { 1: 10 });
  const [rate] = ratesBetween(same, same, 1);

  expect(rate).toEqual({ kind: "service", id: svc, requestsPerSecond: 0, clientErrors: 0, serverErrors: 0 });
  expect(topText([rate as NonNullable<typeof rate>])).toMatch(/0\.0 +0% +0% +- +-$/m);
});

it("a screen is never wider or higher than the terminal", () => {
  const drawn = screenOf(`${"x".repeat(100)}\n`.repeat(50), 20, 5);

  expect(drawn.split("\r\n")).toHaveLength(5);
  expect(Math.max(...drawn.split("\r\n").map((line) => stripVTControlCharacters(line).length))).toBe(20);
});
