import type { ConfigStore, Key, Logger } from "@pergola/core";

/** What is kept in step with snapshots. */
export interface SnapshotFollower<T> {
  /** Notes a snapshot as it is now, undefined for one that is gone. @returns whether that changes anything */
  note(id: string, snapshot: T | undefined): boolean;
  /** Brings about what was noted. @returns whether something failed that may succeed later */
  reconcile(): Promise<boolean>;
}

export interface FollowedSnapshots {
  /** Resolves when everything that was noted at the time of the call has been brought about, or has failed. */
  settled(): Promise<void>;
  /** Stops following the store. */
  close(): Promise<void>;
}

interface FollowOptions {
  readonly store: ConfigStore;
  readonly logger: Logger;
  /** Whose snapshots, of `owners`. */
  readonly owner: string;
  /** Milliseconds from a failure to the next try. */
  readonly retryMs: number;
}

/** Reads all snapshots of a kind, and follows their changes; resolves when the first reconciliation is over. */
export async function followSnapshots<T>(
  { store, logger, owner, retryMs }: FollowOptions,
  follower: SnapshotFollower<T>,
): Promise<FollowedSnapshots> {
  let retry: NodeJS.Timeout | undefined;
  let closed = false;
  /** INVARIANT (one at a time): every reconciliation runs in this chain, which never rejects. */
  let work = Promise.resolve();

  const reconcile = async (): Promise<void> => {
    if (closed) return;
    clearTimeout(retry);
    try {
      if (!(await follower.reconcile())) return;
    } catch (error) {
      logger.error("ports could not be updated", { error });
    }
    retry = setTimeout(() => enqueue(reconcile), retryMs).unref();
  };
  const enqueue = (task: () => Promise<void>): void => {
    work = work.then(task).catch((error: unknown) => logger.error("ports could not be updated", { error }));
  };
  const follow = (keys: readonly Key[]): void => {
    const changed = keys.filter((key) => key.owner === owner);
    if (changed.length === 0) return;
    enqueue(async () => {
      if (closed) return;
      const snapshots = await Promise.all(changed.map((key) => store.get<T>(key)));
      const isOther = changed.map(({ id }, i) => follower.note(id, snapshots[i]?.value)).includes(true);
      if (isOther) await reconcile();
    });
  };

  const stop = store.watch(follow);
  enqueue(async () => {
    await readAll(store, owner, follower);
    await reconcile();
  });
  await work;
  return {
    settled: () => work,
    async close() {
      closed = true;
      stop();
      clearTimeout(retry);
      await work;
    },
  };
}

async function readAll<T>(store: ConfigStore, owner: string, follower: SnapshotFollower<T>): Promise<void> {
  let after: string | undefined;
  do {
    const page = await store.list<T>(owner, after === undefined ? { limit: 1_000 } : { after, limit: 1_000 });
    for (const { id, value } of page.items) follower.note(id, value);
    after = page.more ? page.items.at(-1)?.id : undefined;
  } while (after !== undefined);
}
