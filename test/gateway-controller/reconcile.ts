import type { WeightedTargetGroup } from "@aws-sdk/client-vpc-lattice";
import type { Cloud } from "./cloud.ts";
import { actionOf, upsertListeners, upsertRules } from "./listeners-and-rules.ts";
import type { Backend, Route, RouteRule } from "./routes.ts";
import { deleteService, type RouteService, upsertService } from "./services.ts";
import { deleteGroup, findGroup, groupSpec, upsertGroup } from "./target-groups.ts";
import { type Readiness, readinessOf, updateTargets } from "./targets.ts";

/** What a route has come to. */
export interface Reconciled {
  readonly service: RouteService;
  readonly listenerIds: readonly string[];
  /** Target group ids by the name of the Kubernetes service. */
  readonly groups: ReadonlyMap<string, string>;
}

/**
 * Goes through everything that a route wants, in the controller's order: target groups, targets, service, listeners, rules.
 * @throws Retry when something is on its way; then the whole route is gone through again
 */
export async function reconcileRoute(cloud: Cloud, route: Route): Promise<Reconciled> {
  const groups = new Map<string, string>();
  for (const backend of backendsOf(route))
    groups.set(backend.service, await upsertGroup(cloud, specOf(cloud, route, backend)));
  for (const { service, pods } of backendsOf(route)) await updateTargets(cloud, groups.get(service) ?? "", pods);
  const service = await upsertService(cloud, route);
  const actions = route.rules.map((rule) => actionOf(targetsOf(rule, groups)));
  const listenerIds = await upsertListeners(cloud, route, service.id, actions[0] ?? actionOf([]));
  for (const listenerIdentifier of route.kind === "TLSRoute" ? [] : listenerIds) {
    const wanted = route.rules.map(({ match }, index) => ({ match, action: actions[index] ?? actionOf([]) }));
    await upsertRules(cloud, route, { serviceIdentifier: service.id, listenerIdentifier }, wanted);
  }
  return { service, listenerIds, groups };
}

/** The last part of a route's reconciliation. @throws Retry until every pod's target is ready, or never will be */
export async function podReadiness(cloud: Cloud, route: Route, { groups }: Reconciled): Promise<Readiness[]> {
  const all: Readiness[] = [];
  for (const { service, pods } of backendsOf(route)) {
    all.push(...(await readinessOf(cloud, groups.get(service) ?? "", pods)));
  }
  return all;
}

/** Deletes a route's service, then its target groups. @throws Retry */
export async function deleteRoute(cloud: Cloud, route: Route): Promise<void> {
  await deleteService(cloud, route);
  for (const backend of backendsOf(route)) {
    const group = await findGroup(cloud, specOf(cloud, route, backend));
    if (group?.id !== undefined) await deleteGroup(cloud, group.id);
  }
}

/** A ServiceExport: a target group that routes of other clusters find by its tags. @returns its id @throws Retry */
export async function reconcileExport(cloud: Cloud, namespace: string, backend: Backend): Promise<string> {
  const source = { kind: "ServiceExport", service: backend.service, namespace } as const;
  const id = await upsertGroup(cloud, groupSpec(cloud, source, backend));
  await updateTargets(cloud, id, backend.pods);
  return id;
}

function backendsOf(route: Route): Backend[] {
  return route.rules.flatMap(({ backends }) => backends);
}

function specOf(cloud: Cloud, { kind, name, namespace, tags }: Route, backend: Backend) {
  return groupSpec(cloud, { kind, service: backend.service, namespace, route: name }, backend, tags);
}

function targetsOf({ backends, imports = [] }: RouteRule, groups: ReadonlyMap<string, string>): WeightedTargetGroup[] {
  const own = backends.map(({ service, weight = 1 }) => ({ targetGroupIdentifier: groups.get(service), weight }));
  return [...own, ...imports.map(({ id, weight }) => ({ targetGroupIdentifier: id, weight }))];
}
