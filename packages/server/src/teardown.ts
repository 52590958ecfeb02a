import type { Logger } from "@pergola/core";

type Step = (deadlineMs: number) => void | Promise<void>;

/** What has to be undone, in an order that loses nothing. */
export interface Teardown {
  /** Something that takes in work: stopped first, all at the same time. */
  addIntake(name: string, step: Step): void;
  /** Something that intake depends on: freed after it, the newest first. */
  addResource(name: string, step: Step): void;
  /** Runs every step once, even when some fail; a second call waits for the first. */
  run(deadlineMs: number): Promise<void>;
}

/** @param logger told of steps that fail: the others still have to run */
export function createTeardown(logger: Logger): Teardown {
  const intakes: [string, Step][] = [];
  const resources: [string, Step][] = [];
  let running: Promise<void> | undefined;

  const attempt = async ([name, step]: [string, Step], deadlineMs: number): Promise<void> => {
    try {
      await step(deadlineMs);
    } catch (error) {
      logger.error("a part of the server did not close", { part: name, error });
    }
  };
  const runAll = async (deadlineMs: number): Promise<void> => {
    await Promise.all(intakes.map((intake) => attempt(intake, deadlineMs)));
    for (const resource of resources.reverse()) await attempt(resource, deadlineMs);
  };
  return {
    addIntake: (name, step) => intakes.push([name, step]),
    addResource: (name, step) => resources.push([name, step]),
    run(deadlineMs) {
      running ??= runAll(deadlineMs);
      return running;
    },
  };
}
