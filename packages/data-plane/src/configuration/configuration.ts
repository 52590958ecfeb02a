import {
  type Key,
  type Logger,
  type NetworkSnapshot,
  owners,
  type ServiceSnapshot,
  type Stored,
  type Target,
  type TargetGroupSnapshot,
  type TargetHealth,
} from "@pergola/core";
import type { Metrics } from "../metrics.ts";
import type { ReadableStore, ResolvedOptions } from "../ports.ts";
import type { TargetGroupCounts, Traffic } from "../traffic.ts";
import { type CompiledNetwork, compileNetwork } from "./compile-network.ts";
import { type CompiledService, compileService } from "./compile-service.ts";
import { compileTargets, type TargetRotation } from "./compile-targets.ts";
import { ReadCache } from "./read-cache.ts";

/** Everything that requests are answered from, in memory, in step with the store. */
export interface Configuration {
  readonly services: ReadCache<CompiledService>;
  readonly networks: ReadCache<CompiledNetwork>;
  /** Custom domain name in lower case → ids of the services that answer to it. */
  readonly domains: ReadCache<readonly string[]>;
  /** @returns the targets of a group in rotation, the value itself when it is in memory */
  targetsOf(group: TargetGroupSnapshot): TargetRotation | undefined | Promise<TargetRotation | undefined>;
  /** @returns what was counted for the services in memory that are still there, and for their target groups */
  traffic(): Promise<Traffic>;
  /** Resolves when nothing is being read. */
  settled(): Promise<void>;
  close(): void;
}

interface Sources {
  readonly store: ReadableStore;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly options: ResolvedOptions;
}

// Above the quotas for services (2,000), networks (50) and target groups (500) of several accounts in one region.
const maxEntries = 20_000;
/** Pages of 1,000: a group has at most 1,000 targets, and as many that are draining. */
const maxPages = 4;

/** Opens the in-memory configuration and follows the store's changes until it is closed. */
export function openConfiguration({ store, logger, metrics, options }: Sources): Configuration {
  const ttl = options.configurationTtl;
  const outage = { failedAt: undefined };
  const bounds = { maxEntries, retryDelay: options.storeRetryDelay, ttl, outage, metrics, logger };
  const inTime = (): AbortSignal => AbortSignal.timeout(options.storeTimeout);
  const compiled = compileOnce();
  const services = new ReadCache<CompiledService>(async (id, previous) => {
    const stored = await store.get<ServiceSnapshot>({ owner: owners.serviceSnapshots, id }, inTime());
    if (stored !== undefined && ttl > 0) prefetch(stored.value);
    return stored && compiled(stored, previous, (snapshot) => compileService(snapshot, logger, previous));
  }, bounds);
  const networks = new ReadCache<CompiledNetwork>(async (id, previous) => {
    const stored = await store.get<NetworkSnapshot>({ owner: owners.networkSnapshots, id }, inTime());
    return stored && compiled(stored, previous, (snapshot) => compileNetwork(snapshot, logger));
  }, bounds);
  const domains = new ReadCache<readonly string[]>(async (name) => {
    const { items } = await store.list(owners.domain(name), { signal: inTime() });
    return items.length === 0 ? undefined : items.map((item) => item.id);
  }, bounds);
  const groups = new ReadCache<GroupTargets>((id, previous) => loadTargets(store, id, previous, inTime()), bounds);

  /** Asks for everything that a request to the service may need next, so that a cold start takes two round trips, not three. */
  const prefetch = ({ networkIds, targetGroups }: ServiceSnapshot): void => {
    const asked = [
      ...networkIds.slice(0, maxPrefetched).map((id) => networks.get(id)),
      ...Object.keys(targetGroups)
        .slice(0, maxPrefetched)
        .map((id) => groups.get(id)),
    ];
    Promise.all(asked).catch(() => {
      // Reported by the cache; the stage that needs it asks again.
    });
  };
  const unwatch = store.watch?.((keys) => {
    for (const key of keys) {
      if (key.owner === owners.serviceSnapshots) services.invalidate(key.id);
      else if (key.owner === owners.networkSnapshots) networks.invalidate(key.id);
      else if (key.owner.startsWith(domainOwner)) domains.invalidate(key.owner.slice(domainOwner.length));
      else invalidateTargets(groups, key);
    }
  });
  return {
    services,
    networks,
    domains,
    targetsOf: (group) => {
      const loaded = groups.get(group.id);
      return loaded instanceof Promise ? loaded.then((all) => all?.rotation(group)) : loaded?.rotation(group);
    },
    async traffic() {
      return trafficOf(await services.current(), (groupId) => groups.known(groupId)?.counts);
    },
    async settled() {
      await Promise.all([services.settled(), networks.settled(), domains.settled(), groups.settled()]);
    },
    close: () => unwatch?.(),
  };
}

/** Networks and target groups of one service; more are read when a request needs them. */
const maxPrefetched = 10;

/** @returns a function that compiles a stored value, unless it is at the version that `previous` was compiled from */
function compileOnce(): <T, C extends object>(
  stored: Stored<T>,
  previous: C | undefined,
  compile: (value: T) => C,
) => C {
  const versions = new WeakMap<object, string>();
  return (stored, previous, compile) => {
    if (previous !== undefined && versions.get(previous) === stored.version) return previous;
    const fresh = compile(stored.value);
    versions.set(fresh, stored.version);
    return fresh;
  };
}

const domainOwner = owners.domain("");

function invalidateTargets(groups: ReadCache<GroupTargets>, { owner }: Key): void {
  const id = owner.slice(0, owner.indexOf("/"));
  if (owner === owners.targets(id) || owner === owners.health(id)) groups.invalidate(id);
}

/** Targets and health as stored, with the rotation for the group's present configuration. */
class GroupTargets {
  readonly #targets: readonly Target[];
  readonly #health: ReadonlyMap<string, TargetHealth>;
  #group: TargetGroupSnapshot | undefined;
  #rotation: TargetRotation | undefined;

  constructor(
    targets: readonly Target[],
    health: ReadonlyMap<string, TargetHealth>,
    previous: GroupTargets | undefined,
  ) {
    this.#targets = targets;
    this.#health = health;
    if (previous !== undefined) this.#rotation = previous.#rotation;
  }

  /** Undefined until there was a request. */
  get counts(): TargetGroupCounts | undefined {
    return this.#rotation?.counts;
  }

  rotation(group: TargetGroupSnapshot): TargetRotation {
    // A new snapshot of the service brings a new object, and with it perhaps another health check configuration.
    if (this.#rotation !== undefined && this.#group === group) return this.#rotation;
    this.#group = group;
    this.#rotation = compileTargets(group, this.#targets, this.#health, this.#rotation);
    return this.#rotation;
  }
}

function trafficOf(
  services: readonly CompiledService[],
  countsOf: (targetGroupId: string) => TargetGroupCounts | undefined,
): Traffic {
  const targetGroups = new Map<string, Traffic["targetGroups"][number]>();
  for (const { snapshot } of services) {
    for (const { id, arn } of Object.values(snapshot.targetGroups)) {
      const counts = countsOf(id);
      if (counts !== undefined) targetGroups.set(id, { id, arn, ...counts });
    }
  }
  return {
    services: services.map(({ snapshot: { serviceId: id, arn, name }, requests }) => ({ id, arn, name, requests })),
    targetGroups: [...targetGroups.values()],
  };
}

async function loadTargets(
  store: ReadableStore,
  groupId: string,
  previous: GroupTargets | undefined,
  signal: AbortSignal,
): Promise<GroupTargets> {
  const [targets, health] = await Promise.all([
    listAll<Target>(store, owners.targets(groupId), signal),
    listAll<TargetHealth>(store, owners.health(groupId), signal),
  ]);
  return new GroupTargets(
    targets.map((item) => item.value),
    new Map(health.map((item) => [item.id, item.value])),
    previous,
  );
}

async function listAll<T>(store: ReadableStore, owner: string, signal: AbortSignal): Promise<Stored<T>[]> {
  const all: Stored<T>[] = [];
  for (let page = 0; page < maxPages; page += 1) {
    const after = all.at(-1)?.id;
    const { items, more } = await store.list<T>(owner, {
      limit: 1000,
      signal,
      ...(after === undefined ? {} : { after }),
    });
    all.push(...items);
    if (!more) break;
  }
  return all;
}
