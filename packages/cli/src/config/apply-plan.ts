import { type Api, ApiFailure } from "../api/api.ts";
import { CliFailure } from "../cli-failure.ts";
import { printable } from "../printable.ts";
import type { Reference } from "./account.ts";
import { type ApiCall, apiCalls, type Resolve } from "./api-calls.ts";
import type { Json } from "./document.ts";
import type { Item } from "./item.ts";
import type { PlanStep } from "./plan.ts";
import { orderRuleMoves, type RuleMove } from "./rule-moves.ts";

/** What became of a step. */
export interface StepOutcome {
  readonly step: PlanStep;
  /** Why it failed; undefined when it is done. */
  readonly failure?: string;
}

export interface ApplyPorts {
  readonly api: Api;
  /** Waits, in ms. */
  readonly sleep: (ms: number) => Promise<unknown>;
  readonly onOutcome?: (outcome: StepOutcome) => void;
}

/** How long a resource may be on its way to ACTIVE, or a target may drain (a minute, and then some), in ms; and how often is asked. */
const settleMs = 75_000;
const pollMs = 200;

/**
 * Does the steps one after the other. One that runs into another that is still to come (a target group moves between services, a
 * VPC between networks) is tried again after the rest, as long as anything gets done; so a failure leaves the others alone.
 * @param references of what the account has; what is made is added
 * @returns what became of each step, in the order in which they ended
 * @throws CliFailure when the server does not answer: then nobody knows
 */
export async function applySteps(
  steps: readonly PlanStep[],
  current: readonly Item[],
  references: ReadonlyMap<string, Reference>,
  ports: ApplyPorts,
): Promise<readonly StepOutcome[]> {
  const known = new Map(references);
  const outcomes: StepOutcome[] = [];
  const end = (outcome: StepOutcome): void => {
    outcomes.push(outcome);
    ports.onOutcome?.(outcome);
  };
  let waiting = [...withOrderedMoves(steps, current)];
  for (;;) {
    const failed: (StepOutcome & { readonly work: Work })[] = [];
    for (const work of waiting) {
      const failure = await attempt(work, known, ports);
      if (failure === undefined) {
        if (work.isLast) end({ step: work.step });
      } else failed.push({ step: work.step, failure: failure.message, work });
    }
    const isOver = failed.length === 0 || failed.length === waiting.length;
    waiting = failed.map(({ work }) => work);
    if (!isOver) continue;
    for (const step of new Set(failed.map((one) => one.step))) {
      const failure = failed.find((one) => one.step === step)?.failure ?? "";
      end({ step, failure });
    }
    return outcomes;
  }
}

/** A step, or a part of one: rules that change places may need two. */
interface Work {
  readonly step: PlanStep;
  readonly members: readonly string[];
  /** Where the rule goes in this part. */
  readonly move?: RuleMove;
  readonly isLast: boolean;
}

function withOrderedMoves(steps: readonly PlanStep[], current: readonly Item[]): readonly Work[] {
  const gone = new Set(steps.filter(({ action }) => action === "delete").map(({ item }) => item.path));
  const byListener = Map.groupBy(steps.filter(changesPriority), ({ item }) => item.parent ?? "");
  const ordered = new Map<PlanStep, Work[]>();
  const first = new Map<string, PlanStep>();
  for (const [listener, moving] of byListener) {
    const rules = current.filter(({ kind, parent, path }) => kind === "rule" && parent === listener && !gone.has(path));
    const moves = orderRuleMoves(
      new Map(rules.map(({ path, settable }) => [path, Number(settable.priority)])),
      new Map(moving.map(({ item }) => [item.path, Number(item.settable.priority)])),
    );
    const byPath = new Map(moving.map((step) => [step.item.path, step]));
    const works = moves.flatMap((move, index): Work[] => {
      const step = byPath.get(move.rule);
      const isLast = !moves.slice(index + 1).some(({ rule }) => rule === move.rule);
      return step === undefined ? [] : [{ step, members: isLast ? step.members : ["priority"], move, isLast }];
    });
    const [leading] = moving;
    if (leading !== undefined) ordered.set(leading, works);
    for (const { item } of moving) if (leading !== undefined) first.set(item.path, leading);
  }
  return steps.flatMap((step): readonly Work[] => {
    if (!first.has(step.item.path)) return [{ step, members: step.members, isLast: true }];
    return ordered.get(step) ?? [];
  });
}

function changesPriority({ action, item, members }: PlanStep): boolean {
  return action === "update" && item.kind === "rule" && members.includes("priority");
}

/** @returns why it failed, undefined when it is done */
async function attempt(work: Work, known: Map<string, Reference>, ports: ApplyPorts): Promise<Error | undefined> {
  const resolve: Resolve = (path) => {
    const reference = known.get(path);
    if (reference === undefined) throw new CliFailure(`\`${path}\` is not there`);
    return reference;
  };
  try {
    await perform(work, known, resolve, ports);
    return undefined;
  } catch (error) {
    if (error instanceof ApiFailure || (error instanceof CliFailure && error.cause === undefined)) return error;
    throw error;
  }
}

async function perform(work: Work, known: Map<string, Reference>, resolve: Resolve, ports: ApplyPorts): Promise<void> {
  const { item, action } = work.step;
  const calls = apiCalls[item.kind];
  if (action === "create") {
    const answer = await settledCall(calls.create(item, resolve), ports);
    refuseFailedTarget(answer);
    const { id, arn } = (answer ?? {}) as Partial<Reference>;
    if (id !== undefined && arn !== undefined) known.set(item.path, { id, arn });
  } else if (action === "delete") {
    refuseFailedTarget(await settledCall(calls.remove(item, resolve), ports));
  } else await update(work, resolve, ports);
}

async function update({ step, members, move }: Work, resolve: Resolve, ports: ApplyPorts): Promise<void> {
  const { item, current } = step;
  const changed = members.filter((name) => name !== "tags");
  const wanted = move === undefined ? item : { ...item, settable: { ...item.settable, priority: move.priority } };
  const call = apiCalls[item.kind].update?.(wanted, changed, resolve);
  if (changed.length > 0 && call !== undefined) await settledCall(call, ports);
  if (!members.includes("tags")) return;
  const path = `/tags/${encodeURIComponent(resolve(item.path).arn)}`;
  const [before, after] = [current?.tags ?? {}, item.tags ?? {}];
  const tags = Object.fromEntries(Object.entries(after).filter(([key, value]) => before[key] !== value));
  for (const key of Object.keys(before).filter((name) => !Object.hasOwn(after, name))) {
    await settledCall({ method: "DELETE", path: `${path}?${new URLSearchParams({ tagKeys: key })}` }, ports);
  }
  if (Object.keys(tags).length > 0) await settledCall({ method: "POST", path, body: { tags } }, ports);
}

const passing = /_IN_PROGRESS|draining targets/;

/** What is refused because of a resource that is on its way to ACTIVE, or of targets that drain, is asked again. */
async function settledCall({ method, path, body }: ApiCall, { api, sleep }: ApplyPorts): Promise<unknown> {
  for (let waited = 0; ; waited += pollMs) {
    try {
      return await api.call(method, path, body);
    } catch (error) {
      const isSettling =
        error instanceof ApiFailure && error.code === "ConflictException" && passing.test(error.message);
      if (!isSettling || waited >= settleMs) throw error;
      await sleep(pollMs);
    }
  }
}

/** Targets are taken or refused one by one, in an answer of 200. */
function refuseFailedTarget(answer: unknown): void {
  const { unsuccessful = [] } = (answer ?? {}) as { readonly unsuccessful?: readonly Json[] };
  const [failure] = unsuccessful;
  if (failure !== undefined) throw new CliFailure(printable(String(failure.failureMessage ?? failure.failureCode)));
}
