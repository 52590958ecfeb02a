import { setTimeout as sleep } from "node:timers/promises";
import { awsCliCommand } from "./aws-cli-command.ts";
import type { DemoStep } from "./set-up-demo.ts";

type OnStep = ((step: DemoStep) => void) | undefined;

/** One thing that the demo wants to be there. */
interface Wish<I extends object, R> {
  readonly title: string;
  /** The operation that makes it, e.g. `CreateService`. */
  readonly operation: string;
  readonly input: I;
  /** @returns it when it is there already */
  readonly find: () => Promise<R | undefined>;
  readonly make: (input: I) => Promise<R>;
}

/** Finds or makes, and reports the step either way. */
export async function step<I extends object, R>(onStep: OnStep, wish: Wish<I, R>): Promise<R> {
  const found = await wish.find();
  const result = found ?? (await wish.make(wish.input));
  const awsCli = awsCliCommand(wish.operation, wish.input as Record<string, unknown>);
  onStep?.({ title: wish.title, awsCli, done: found === undefined });
  return result;
}

/** @returns the first item over all pages that `matches` */
export async function findInPages<P, T>(
  pages: AsyncIterable<P>,
  itemsOf: (page: P) => readonly T[] | undefined,
  matches: (item: T) => boolean,
): Promise<T | undefined> {
  for await (const page of pages) {
    const found = itemsOf(page)?.find(matches);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Waits until the API shows a resource as ACTIVE.
 * @throws Error when it shows a failure, or nothing new for a minute
 */
export async function untilActive(what: string, read: () => Promise<string | undefined>): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const status = (await read()) ?? "";
    if (status === "ACTIVE") return;
    if (status.endsWith("FAILED") || Date.now() > deadline)
      throw new Error(`${what} does not become active: ${status}`);
    await sleep(50);
  }
}

/** @returns the value of a member that the API always sends; @throws Error when it does not */
export function sent<T>(value: T | undefined, member: string): T {
  if (value === undefined) throw new Error(`the API sent no \`${member}\``);
  return value;
}
