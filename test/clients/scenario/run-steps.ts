import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { ApiClient, ApiResult } from "../api-client.ts";
import { failureStatus, type Step } from "./step.ts";

/** How long a waiter waits, and between two looks: a create settles after `PERGOLA_SETTLE_MS`. */
const patienceMs = 10_000;
const pauseMs = 20;

/** What the client called so far, by the API's names. */
export interface Called {
  readonly operations: Set<string>;
  readonly paginators: Set<string>;
}

/**
 * Runs the steps one after another.
 * @param variables what texts may refer to; it takes what the steps save
 * @param called takes what was called
 * @throws AssertionError whose message names the step and the client's answer
 */
export async function runSteps(
  client: ApiClient,
  steps: readonly Step[],
  variables: Map<string, string>,
  called: Called,
): Promise<void> {
  for (const [index, raw] of steps.entries()) {
    const step = substitute(raw, variables) as Step;
    (step.pageSize === undefined ? called.operations : called.paginators).add(step.call);
    const result = await answerTo(client, step, `step ${index + 1}, ${step.call} with ${JSON.stringify(step.with)}`);
    for (const [name, path] of Object.entries(step.saves ?? {})) {
      const value = path
        .split(".")
        .reduce<unknown>((inner, key) => (inner as Record<string, unknown>)?.[key], result.output);
      expect(value, `step ${index + 1}, ${step.call}: ${path} of ${JSON.stringify(result.output)}`).toBeTypeOf(
        "string",
      );
      variables.set(name, value as string);
    }
  }
}

async function answerTo(client: ApiClient, step: Step, title: string): Promise<ApiResult> {
  const { call: operation, with: input = {}, as: caller = "owner", pageSize, until } = step;
  const call = { operation, input: input as Record<string, unknown>, caller, ...(pageSize ? { pageSize } : {}) };
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const result = await client.call(call);
    try {
      check(result, step, title);
      return result;
    } catch (error) {
      if (until === undefined || Date.now() > deadline) throw error;
    }
    await sleep(pauseMs);
  }
}

function check({ output, failure }: ApiResult, { gives, lacks = [], fails }: Step, title: string): void {
  if (fails === undefined) {
    expect(failure, title).toBeUndefined();
    if (gives !== undefined) expect(output, title).toMatchObject(gives);
    for (const member of lacks) expect(output, title).not.toHaveProperty(member);
    return;
  }
  expect(failure, `${title}: an error was expected, it gave ${JSON.stringify(output)}`).toBeDefined();
  expect(failure, title).toMatchObject({ type: fails.type, typed: true });
  if (failure?.status !== undefined) expect(failure.status, title).toBe(failureStatus[fails.type]);
  if (fails.says !== undefined) expect(failure?.message, title).toContain(fails.says);
  if (fails.members !== undefined && failure?.members !== undefined) {
    expect(failure.members, title).toMatchObject(fails.members);
  }
}

/** Puts variables into every text of a value, keys too; matchers stay what they are. @throws Error for one that is not there */
function substitute(value: unknown, variables: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") {
    return value.replace(/\{([a-zA-Z]+(?:\.[a-zA-Z]+)?)\}/g, (_, name: string) => {
      const known = variables.get(name);
      if (known === undefined) throw new Error(`no step has saved \`${name}\``);
      return known;
    });
  }
  if (Array.isArray(value)) return value.map((one) => substitute(one, variables));
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return substituteInMatcher(value, variables);
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [substitute(key, variables), substitute(one, variables)]),
  );
}

/** An asymmetric matcher holds what it looks for in `sample`. */
function substituteInMatcher(matcher: object, variables: ReadonlyMap<string, string>): object {
  if (!("sample" in matcher) || matcher.sample instanceof RegExp || typeof matcher.sample === "function")
    return matcher;
  const copy = Object.create(Object.getPrototypeOf(matcher), Object.getOwnPropertyDescriptors(matcher));
  copy.sample = substitute(matcher.sample, variables);
  return copy;
}
