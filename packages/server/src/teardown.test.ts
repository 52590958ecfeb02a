import type { Logger } from "@pergola/core";
import { expect, it } from "vitest";
import { createTeardown } from "./teardown.ts";

function recorder() {
  const events: string[] = [];
  const log = (message: string, details?: Record<string, unknown>): void =>
    void events.push(`${message}: ${details?.part}`);
  const logger: Logger = { info: log, warn: log, error: log };
  const step = (name: string) => async () => {
    events.push(`${name} begins`);
    await new Promise((done) => setTimeout(done, 5));
    events.push(`${name} ends`);
  };
  return { events, logger, step };
}

it("ends every intake at the same time, then frees resources from the newest to the oldest", async () => {
  const { events, logger, step } = recorder();
  const teardown = createTeardown(logger);
  teardown.addResource("lock", step("lock"));
  teardown.addResource("store", step("store"));
  teardown.addIntake("api", step("api"));
  teardown.addIntake("data plane", step("data plane"));

  await Promise.all([teardown.run(1), teardown.run(1)]);

  expect(events.slice(0, 2)).toEqual(["api begins", "data plane begins"]);
  expect(events.slice(4)).toEqual(["store begins", "store ends", "lock begins", "lock ends"]);
});

it("goes on after a step that fails, and reports it", async () => {
  const { events, logger, step } = recorder();
  const teardown = createTeardown(logger);
  teardown.addResource("lock", step("lock"));
  teardown.addResource("store", () => Promise.reject(new Error("disk")));
  teardown.addIntake("api", () => {
    throw new Error("socket");
  });

  await teardown.run(1);

  expect(events).toEqual([
    "a part of the server did not close: api",
    "a part of the server did not close: store",
    "lock begins",
    "lock ends",
  ]);
});
