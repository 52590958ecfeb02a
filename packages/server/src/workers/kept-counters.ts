import type { AccessLogMetrics } from "@pergola/access-logs";
import { type ConfigStore, owners, type ServiceSnapshot } from "@pergola/core";
import type { Traffic } from "@pergola/data-plane";
import type { CarrierMetrics } from "../metrics/process-metrics.ts";
import { addAccessLogs, addCounters } from "./merge.ts";
import { addTraffic, type PlainTraffic, readableTraffic, withoutActive } from "./traffic-of-workers.ts";

/** What a worker has counted since its start. */
export interface Counted {
  readonly metrics?: CarrierMetrics;
  readonly traffic?: PlainTraffic;
}

/** The sums of all workers, of those that have ended, too: what was once told never becomes less. */
export class KeptCounters<W extends object> {
  readonly #store: Pick<ConfigStore, "get">;
  /** By worker that has not ended: what it said last. */
  readonly #last = new Map<W, Counted>();
  readonly #gone = new WeakSet<W>();
  #ended: Counted = {};

  /** @param store knows which services there are still */
  constructor(store: Pick<ConfigStore, "get">) {
    this.#store = store;
  }

  note(worker: W, counted: Counted): void {
    if (!this.#gone.has(worker)) this.#last.set(worker, { ...this.#last.get(worker), ...counted });
  }

  /** Nothing comes from this worker any more. */
  end(worker: W): void {
    const { metrics, traffic } = this.#last.get(worker) ?? {};
    this.#last.delete(worker);
    this.#gone.add(worker);
    this.#ended = sum(this.#ended, {
      ...(metrics === undefined ? {} : { metrics: withoutGauges(metrics) }),
      ...(traffic === undefined ? {} : { traffic: withoutActive(traffic) }),
    });
  }

  /** @throws TypeError before any worker has said anything */
  metrics(): CarrierMetrics {
    const { metrics } = this.#all();
    if (metrics === undefined) throw new TypeError("no worker has answered");
    return metrics;
  }

  async traffic(): Promise<Traffic> {
    await this.#forgetDeleted();
    return readableTraffic(this.#all().traffic ?? { services: [], targetGroups: [] });
  }

  #all(): Counted {
    return [this.#ended, ...this.#last.values()].reduce(sum);
  }

  /** There are never more numbers than resources. */
  async #forgetDeleted(): Promise<void> {
    const known = this.#ended.traffic;
    if (known === undefined) return;
    const services = new Set<string>();
    const groups = new Set<string>();
    for (const { id } of known.services) {
      const stored = await this.#store.get<ServiceSnapshot>({ owner: owners.serviceSnapshots, id });
      if (stored === undefined) continue;
      services.add(id);
      for (const group of Object.values(stored.value.targetGroups)) groups.add(group.id);
    }
    const { traffic, ...metrics } = this.#ended;
    if (traffic === undefined) return;
    this.#ended = {
      ...metrics,
      traffic: {
        services: traffic.services.filter(({ id }) => services.has(id)),
        targetGroups: traffic.targetGroups.filter(({ id }) => groups.has(id)),
      },
    };
  }
}

function sum(one: Counted, other: Counted): Counted {
  const metrics = either(one.metrics, other.metrics, (a, b) => ({
    dataPlane: addCounters(a.dataPlane, b.dataPlane),
    accessLogs: addAccessLogs(a.accessLogs, b.accessLogs),
  }));
  const traffic = either(one.traffic, other.traffic, addTraffic);
  return { ...(metrics === undefined ? {} : { metrics }), ...(traffic === undefined ? {} : { traffic }) };
}

function either<T>(one: T | undefined, other: T | undefined, add: (one: T, other: T) => T): T | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return add(one, other);
}

/** What a worker has left in its spool is another's to tell of. */
function withoutGauges({ dataPlane, accessLogs }: CarrierMetrics): CarrierMetrics {
  const kept: AccessLogMetrics = { ...accessLogs, bufferSize: 0, spoolBytes: 0, destinations: [] };
  return { dataPlane, accessLogs: kept };
}
