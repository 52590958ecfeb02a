import { Writable } from "node:stream";
import { expect, it } from "vitest";
import { createConsoleLogger } from "./console-logger.ts";

function collect() {
  const lines: string[] = [];
  const out = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { lines, out };
}

it("writes one line an event, whatever is in it", () => {
  const { lines, out } = collect();

  createConsoleLogger("info", out).error("bad\nname", {
    a: "x\n2026 error forged",
    error: new Error("boom", { cause: new Error("why") }),
    n: 1n,
  });

  expect(lines).toHaveLength(1);
  expect(lines[0]?.trimEnd()).not.toContain("\n");
  expect(lines[0]).toMatch(
    /^\d{4}-\d\d-\d\dT[\d:.]+Z error bad name a="x\\n2026 error forged" error="Error: boom.*caused by why" n="1"\n$/,
  );
});

it("survives details that cannot be written", () => {
  const { lines, out } = collect();
  const circular: Record<string, unknown> = {};
  circular.self = circular;

  createConsoleLogger("info", out).info("odd", { circular, nothing: undefined });

  expect(lines[0]).toContain("not writable");
});

it.each([
  ["error", ["error"]],
  ["warn", ["error", "warn"]],
  ["info", ["error", "warn", "info"]],
] as const)("at level %s writes %j", (level, expected) => {
  const { lines, out } = collect();
  const logger = createConsoleLogger(level, out);

  logger.error("event");
  logger.warn("event");
  logger.info("event");

  expect(lines.map((line) => line.split(/ +/)[1])).toEqual(expected);
});
