import { type IdPrefix, owners, type ResourceBase, resourceKinds, type Scope } from "@pergola/core";
import { ownerByPrefix } from "../locate.ts";
import type { OperationContext } from "../operation.ts";

/** Where a walk is: the type of resource, then the ids on the way to the last thing that was looked at. */
export type Position = readonly [type: string, ...path: string[]];

/** A thing that the walk came by: a resource, or one whose children come next. */
export interface Step {
  readonly position: Position;
  readonly resource?: ResourceBase;
}

/** Owners from the account and region down: the items of each level are parents of the next, those of the last are resources. */
type Levels = readonly ((parentId: string) => string)[];

/** @returns the resource types that can have tags, as the tagging API names them without `vpc-lattice:`, in the order of a walk */
export const taggedTypes: readonly string[] = [
  ...(Object.keys(ownerByPrefix) as IdPrefix[]).map((prefix) => resourceKinds[prefix]),
  "service/listener",
  "service/listener/rule",
];

function levelsOf(type: string, scope: Scope): Levels {
  const services = (): string => owners.services(scope);
  if (type === "service/listener") return [services, owners.listeners];
  if (type === "service/listener/rule") return [services, owners.listeners, owners.rules];
  const prefix = (Object.keys(ownerByPrefix) as IdPrefix[]).find((candidate) => resourceKinds[candidate] === type);
  const ownerOf = prefix && ownerByPrefix[prefix];
  if (ownerOf === undefined) throw new Error(`there are no resources of type \`${type}\``);
  return [() => ownerOf(scope)];
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
  const [start, ...path] = from ?? [taggedTypes[0] ?? ""];
  for (const type of taggedTypes.slice(taggedTypes.indexOf(start))) {
    if (!isWanted(type)) continue;
    const after = type === start ? path : [];
    for await (const { ids, value } of descend(context, levelsOf(type, context.caller), "", after)) {
      yield { position: [type, ...ids], ...(value === undefined ? {} : { resource: value }) };
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
