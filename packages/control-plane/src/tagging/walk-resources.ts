import { type IdPrefix, owners, type ResourceBase, resourceKinds, type Scope } from "@pergola/core";
import { ownerByPrefix } from "../locate.ts";
import type { OperationContext } from "../operation.ts";

/** Where a walk is: what is walked, then the ids on the way to the last thing that was looked at. */
export type Position = readonly [walk: string, ...path: string[]];

/** A thing that the walk came by: a resource, or one whose children come next. */
export interface Step {
  readonly position: Position;
  readonly resource?: ResourceBase;
}

/** Owners from the account and region down: the items of each level are parents of the next, those of the last are resources. */
type Levels = readonly ((parentId: string) => string)[];

/** What is walked, in order: under a name of its own, resources of a type as the tagging API calls it without `vpc-lattice:`. */
interface Walk {
  readonly name: string;
  readonly type: string;
  levels(scope: Scope): Levels;
}

const walks: readonly Walk[] = [
  ...(Object.entries(ownerByPrefix) as [IdPrefix, (scope: Scope) => string][]).map(([prefix, ownerOf]) => ({
    name: prefix,
    type: resourceKinds[prefix],
    levels: (scope: Scope) => [() => ownerOf(scope)],
  })),
  ...(["snsa", "snva", "snra"] as const).map((kind) => ({
    name: `partner-${kind}`,
    type: resourceKinds[kind],
    levels: (scope: Scope) => [() => owners.partnerAssociations(scope, kind)],
  })),
  {
    name: "listener",
    type: "service/listener",
    levels: (scope) => [() => owners.services(scope), owners.listeners],
  },
  {
    name: "rule",
    type: "service/listener/rule",
    levels: (scope) => [() => owners.services(scope), owners.listeners, owners.rules],
  },
];

/** @returns whether a position can begin with this name */
export function isWalked(name: string): boolean {
  return walks.some((walk) => walk.name === name);
}

/**
 * Walks all resources of the caller's account and region, type by type and in order of id, so that it can go on at any position
 * whatever was written meanwhile.
 * @param isWanted which types
 * @param from the position of the last step that is not to come again
 */
export async function* walkResources(
  context: OperationContext,
  isWanted: (type: string) => boolean,
  from?: Position,
): AsyncGenerator<Step> {
  const [start, ...path] = from ?? [walks[0]?.name ?? ""];
  for (const { name, type, levels } of walks.slice(walks.findIndex((walk) => walk.name === start))) {
    if (!isWanted(type)) continue;
    const after = name === start ? path : [];
    for await (const { ids, value } of descend(context, levels(context.caller), "", after)) {
      yield { position: [name, ...ids], ...(value === undefined ? {} : { resource: value }) };
    }
  }
}

interface Visit {
  readonly ids: readonly string[];
  readonly value?: ResourceBase;
}

async function* descend(
  context: OperationContext,
  [level, ...deeper]: Levels,
  parentId: string,
  [last, ...rest]: readonly string[],
): AsyncGenerator<Visit> {
  if (level === undefined) return;
  const below = async function* (id: string, path: readonly string[]): AsyncGenerator<Visit> {
    for await (const { ids, ...visit } of descend(context, deeper, id, path)) yield { ids: [id, ...ids], ...visit };
  };
  // The walk stopped at this one or below it.
  if (last !== undefined) yield* below(last, rest);
  for (let after = last ?? ""; ; ) {
    const page = await context.tx.page<ResourceBase>(level(parentId), { after, limit: 1000 });
    for (const { id, value } of page.items) {
      yield deeper.length === 0 ? { ids: [id], value } : { ids: [id] };
      yield* below(id, []);
      after = id;
    }
    if (!page.more) return;
  }
}
