import type { Logger } from "@pergola/core";
import type { DataPlane } from "@pergola/data-plane";
import { expect, it, vi } from "vitest";
import { logFailures } from "./failure-count.ts";

type Metrics = ReturnType<DataPlane["metrics"]>;

it("each answer of 5xx is in one line of the log, the last ones at the end; nothing is written without any", async () => {
  const lines: unknown[] = [];
  const none = (): void => undefined;
  const logger: Logger = { info: none, error: none, warn: (message, details) => void lines.push([message, details]) };
  let responses5xx = 0;
  let asked = 0;
  const metrics = (): Metrics => {
    asked += 1;
    return { responses5xx } as Metrics;
  };

  const failures = logFailures({ metrics }, logger, 5);
  await vi.waitUntil(() => asked > 2, { timeout: 4_000 });
  expect(lines).toEqual([]);
  responses5xx = 3;
  await vi.waitUntil(() => lines.length > 0, { timeout: 4_000 });
  const before = asked;
  await vi.waitUntil(() => asked > before + 2, { timeout: 4_000 });
  responses5xx = 5;
  failures.close();
  const atEnd = asked;
  await new Promise((resolve) => setTimeout(resolve, 30));

  const message = "requests were answered with 5xx";
  expect(lines).toEqual([
    [message, { count: 3 }],
    [message, { count: 2 }],
  ]);
  expect(asked).toBe(atEnd);
});
