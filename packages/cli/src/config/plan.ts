import { canonicalText } from "./canonical.ts";
import type { Json } from "./document.ts";
import type { Item, ItemKind } from "./item.ts";
import { phaseOf } from "./plan-order.ts";

/** One thing to do. `refuse`: the file asks for what cannot be changed as long as the resource lives. */
export interface PlanStep {
  readonly action: "create" | "update" | "delete" | "refuse";
  /** As the file has it; of a deletion, as the account has it. */
  readonly item: Item;
  /** As the account has it, where there is such an item. */
  readonly current?: Item;
  /** The members that differ, `tags` among them. */
  readonly members: readonly string[];
}

export interface Plan {
  /** In the order in which they can be done. */
  readonly steps: readonly PlanStep[];
  /** Paths of what is as the file says. */
  readonly unchanged: readonly string[];
}

/** What goes with its parent; targets and associations have to go before. */
const goesWithParent: ReadonlySet<ItemKind> = new Set([
  "auth-policy",
  "resource-policy",
  "listener",
  "rule",
  "log-subscription",
]);

/**
 * Compares what a file says with what an account has.
 * @returns what to do so that the account has it, and what it has beyond the file as deletions
 */
export function planChanges(desired: readonly Item[], current: readonly Item[]): Plan {
  const wanted = new Set(desired.map(({ path }) => path));
  const present = new Map(current.map((item) => [item.path, item]));
  const steps: PlanStep[] = [];
  const unchanged: string[] = [];
  for (const item of desired) {
    const step = stepFor(item, present.get(item.path));
    if (step === undefined) unchanged.push(item.path);
    else steps.push(step);
  }
  const gone = new Set(current.filter(({ path }) => !wanted.has(path)).map(({ path }) => path));
  for (const item of current) {
    const withParent = item.parent !== undefined && gone.has(item.parent) && goesWithParent.has(item.kind);
    if (gone.has(item.path) && !withParent) steps.push({ action: "delete", item, current: item, members: [] });
  }
  return { steps: inOrder(steps), unchanged };
}

function stepFor(item: Item, current: Item | undefined): PlanStep | undefined {
  if (current === undefined) return { action: "create", item, members: [] };
  const fixed = differing(item.fixed, current.fixed, item.lenient === true);
  if (fixed.length > 0) return { action: "refuse", item, current, members: fixed };
  const members = differing(item.settable, current.settable, true);
  if (item.tags !== undefined && canonicalText(item.tags) !== canonicalText(current.tags ?? {})) members.push("tags");
  return members.length === 0 ? undefined : { action: "update", item, current, members };
}

/** @param lenient leaves members that the file does not have, also within objects, to the account */
function differing(desired: Json, current: Json, lenient: boolean): string[] {
  const names = new Set([...Object.keys(desired), ...(lenient ? [] : Object.keys(current))]);
  return [...names].filter((name) => {
    if (lenient && desired[name] === undefined) return false;
    return !isAsWanted(desired[name], current[name], name === "healthCheck");
  });
}

/** The members of a health check have defaults that hang on each other; those that the file leaves out stay as they are. */
function isAsWanted(desired: unknown, current: unknown, byMember: boolean): boolean {
  if (!byMember) return canonicalText(desired) === canonicalText(current);
  const has = (current ?? {}) as Json;
  return Object.entries(desired as Json).every(([name, value]) => canonicalText(value) === canonicalText(has[name]));
}

/** Within a phase in the order of the file, or, for deletions, against that of the account: parts before what they are part of. */
function inOrder(steps: readonly PlanStep[]): readonly PlanStep[] {
  const ranked = steps.map((step, index) => {
    const place = step.action === "delete" ? -index : index;
    return { step, phase: phaseOf(step.action, step.item), place };
  });
  return ranked.sort((a, b) => a.phase - b.phase || a.place - b.place).map(({ step }) => step);
}
