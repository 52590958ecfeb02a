import { isDeepStrictEqual } from "node:util";
import type { HttpMatch, RuleAction, WeightedTargetGroup } from "@aws-sdk/client-vpc-lattice";
import type { OutputOf } from "../clients/scenario/step.ts";
import type { Cloud } from "./cloud.ts";
import { listenerName, type Route } from "./routes.ts";
import { ownerTags, updateTags } from "./tags.ts";

/** Rules of the controller have priorities up to this: it keeps them in an array of this length. */
const maxPriority = 100;

/** @returns what a route's rule does: forward, or 500 when none of its backends exists */
export function actionOf(targetGroups: WeightedTargetGroup[]): RuleAction {
  if (targetGroups.length === 0) return { fixedResponse: { statusCode: 500 } };
  return { forward: { targetGroups } };
}

/** Has the service exactly the route's listeners. A listener is found by its port. @returns their ids */
export async function upsertListeners(
  cloud: Cloud,
  route: Route,
  serviceIdentifier: string,
  passthrough: RuleAction,
): Promise<string[]> {
  const ids: string[] = [];
  const present = await cloud.all("ListListeners", { serviceIdentifier });
  for (const wanted of route.listeners) {
    const isPassthrough = wanted.protocol === "TLS_PASSTHROUGH";
    const defaultAction = isPassthrough ? passthrough : { fixedResponse: { statusCode: 404 } };
    const found = present.find(({ port }) => port === wanted.port);
    if (found === undefined) {
      const tags = { ...route.tags, ...ownerTags(cloud) };
      const name = listenerName(route, wanted);
      const made = await cloud.call("CreateListener", { serviceIdentifier, name, ...wanted, defaultAction, tags });
      ids.push(made.id ?? "");
      continue;
    }
    const { id: listenerIdentifier = "", arn = "" } = found;
    ids.push(listenerIdentifier);
    await updateTags(cloud, arn, route.tags);
    if (!isPassthrough) continue;
    const has = await cloud.call("GetListener", { serviceIdentifier, listenerIdentifier });
    if (!isDeepStrictEqual(has.defaultAction, defaultAction)) {
      await cloud.call("UpdateListener", { serviceIdentifier, listenerIdentifier, defaultAction });
    }
  }
  for (const { id: listenerIdentifier, port, protocol } of present) {
    const isWanted = route.listeners.some((wanted) => wanted.port === port && wanted.protocol === protocol);
    if (!isWanted) await cloud.call("DeleteListener", { serviceIdentifier, listenerIdentifier });
  }
  return ids;
}

export interface WantedRule {
  readonly match: HttpMatch;
  readonly action: RuleAction;
}

interface PlacedRule {
  readonly id: string;
  readonly priority: number;
}

interface Listener {
  readonly serviceIdentifier: string;
  readonly listenerIdentifier: string;
}

/** Has a listener exactly these rules, in this order: creates and updates, deletes what is left, then sorts all in one call. */
export async function upsertRules(
  cloud: Cloud,
  route: Route,
  listener: Listener,
  wanted: readonly WantedRule[],
): Promise<void> {
  const placed: PlacedRule[] = [];
  for (const [index, rule] of wanted.entries()) placed.push(await upsertRule(cloud, route, listener, rule, index + 1));
  const kept = new Set(placed.map(({ id }) => id));
  for (const { id: ruleIdentifier = "", isDefault } of await cloud.all("ListRules", { ...listener })) {
    if (!isDefault && !kept.has(ruleIdentifier)) await cloud.call("DeleteRule", { ...listener, ruleIdentifier });
  }
  if (placed.every(({ priority }, index) => priority === index + 1)) return;
  const rules = placed.map(({ id: ruleIdentifier }, index) => ({ ruleIdentifier, priority: index + 1 }));
  const { unsuccessful = [] } = await cloud.call("BatchUpdateRule", { ...listener, rules });
  if (unsuccessful.length > 0) throw new Error(`priorities not set: ${JSON.stringify(unsuccessful)}`);
}

/** @returns every rule of a listener as GetRule shows it */
export async function rulesOf(cloud: Cloud, listener: Listener): Promise<OutputOf<"GetRule">[]> {
  const rules: OutputOf<"GetRule">[] = [];
  for (const { id: ruleIdentifier } of await cloud.all("ListRules", { ...listener })) {
    rules.push(await cloud.call("GetRule", { ...listener, ruleIdentifier }));
  }
  return rules;
}

/** A rule is found by its match, and keeps the priority that it has. */
async function upsertRule(
  cloud: Cloud,
  route: Route,
  listener: Listener,
  { match, action }: WantedRule,
  wantedPriority: number,
): Promise<PlacedRule> {
  const present = await rulesOf(cloud, listener);
  const found = present.find((rule) => isDeepStrictEqual(comparable(rule.match?.httpMatch), comparable(match)));
  if (found === undefined) {
    const priority = freePriority(present);
    const name = `k8s-${Date.now()}-rule-${wantedPriority}`;
    const tags = { ...route.tags, ...ownerTags(cloud) };
    const made = await cloud.call("CreateRule", {
      ...listener,
      name,
      priority,
      match: { httpMatch: match },
      action,
      tags,
    });
    return { id: made.id ?? "", priority: made.priority ?? 0 };
  }
  const { id = "", arn = "", priority = 0 } = found;
  await updateTags(cloud, arn, route.tags);
  if (!isDeepStrictEqual(found.action, action)) {
    const change = { ruleIdentifier: id, match: { httpMatch: match }, priority, action };
    await cloud.call("UpdateRule", { ...listener, ...change });
  }
  return { id, priority };
}

/** No header matches and an empty list of them are the same. */
function comparable(match: HttpMatch | undefined): HttpMatch {
  const { headerMatches = [], ...rest } = match ?? {};
  return headerMatches.length === 0 ? rest : { ...rest, headerMatches };
}

/** @throws RangeError for a rule that is not the default one and has a priority that the controller does not know */
function freePriority(rules: readonly OutputOf<"GetRule">[]): number {
  const taken = new Array<boolean>(maxPriority).fill(false);
  for (const { isDefault, priority = 0 } of rules) {
    if (isDefault) continue;
    if (priority < 1 || priority > maxPriority) throw new RangeError(`priority ${priority}`);
    taken[priority - 1] = true;
  }
  return taken.indexOf(false) + 1;
}
