import { type ConfigStore, owners } from "@pergola/core";
import { type GroupChecks, type GroupProgress, groupChecks } from "./group-checks.ts";
import { listAll } from "./list-all.ts";
import type { CheckPorts } from "./target-check.ts";

/** How far all checks have come, by target group; JSON. */
export type HealthProgress = Readonly<Record<string, GroupProgress>>;

/** The checks of every group in use, and which of the groups have to be read anew. */
export class CheckedGroups {
  readonly #store: ConfigStore;
  readonly #ports: CheckPorts;
  readonly #resume: HealthProgress;
  readonly #groups = new Map<string, GroupChecks>();
  readonly #stale = new Set<string>();
  /** Whether the store has been asked which groups there are. */
  #areKnown = false;

  /** @param resume progress of an earlier process */
  constructor(store: ConfigStore, ports: CheckPorts, resume: HealthProgress) {
    this.#store = store;
    this.#ports = ports;
    this.#resume = resume;
  }

  get areStale(): boolean {
    return this.#stale.size > 0;
  }

  /** These have changed. */
  noteStale(ids: readonly string[]): void {
    for (const id of ids) this.#stale.add(id);
  }

  /** Any may have changed, and there may be others. */
  noteAllStale(): void {
    this.#areKnown = false;
    this.noteStale([...this.#groups.keys()]);
  }

  /**
   * Reads anew what is stale.
   * @param isOver whether to stop before the next group
   * @throws what the store says; the group that it was about stays stale
   */
  async refresh(isOver: () => boolean): Promise<void> {
    if (!this.#areKnown) await this.#find();
    for (let [id] = this.#stale; id !== undefined && !isOver(); [id] = this.#stale) {
      // Taken out before the reading: a change during it makes it stale again.
      this.#stale.delete(id);
      try {
        if (!(await this.#of(id).refresh())) this.#groups.delete(id);
      } catch (error) {
        this.#stale.add(id);
        throw error;
      }
    }
  }

  progress(): HealthProgress {
    return Object.fromEntries([...this.#groups].map(([id, group]) => [id, group.progress()]));
  }

  /** Stops all probing; resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    await Promise.all([...this.#groups.values()].map((group) => group.stop()));
  }

  async #find(): Promise<void> {
    for (const { id } of await listAll(this.#store, owners.checkedGroups)) this.#stale.add(id);
    this.#areKnown = true;
  }

  #of(id: string): GroupChecks {
    const group = this.#groups.get(id) ?? groupChecks(id, this.#store, this.#ports, this.#resume[id]);
    this.#groups.set(id, group);
    return group;
  }
}
