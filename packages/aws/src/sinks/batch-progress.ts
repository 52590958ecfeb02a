import type { LogBatch } from "@pergola/core";

/**
 * What of a batch its destination has already, so that a retry sends only the rest. In memory: after a crash the whole batch comes
 * again. One entry for each destination, since there is never more than one batch of a destination under way (`LogSink`).
 */
export interface BatchProgress<T> {
  /** @returns what is left of the batch: what `save` kept of it, or `all()` when it is new */
  left(batch: LogBatch, all: () => readonly T[]): readonly T[];
  save(batch: LogBatch, left: readonly T[]): void;
}

/** Destinations above this many are forgotten, the oldest first: of those a retry sends all again. */
const maxDestinations = 1000;

export function batchProgress<T>(): BatchProgress<T> {
  const unfinished = new Map<string, { readonly batchId: string; readonly left: readonly T[] }>();
  const keyOf = ({ destination }: LogBatch): string => `${destination.id} ${destination.destinationArn}`;
  return {
    left(batch, all) {
      const known = unfinished.get(keyOf(batch));
      return known?.batchId === batch.batchId ? known.left : all();
    },
    save(batch, left) {
      const key = keyOf(batch);
      unfinished.delete(key);
      if (left.length === 0) return;
      unfinished.set(key, { batchId: batch.batchId, left });
      const oldest = unfinished.keys().next().value;
      if (unfinished.size > maxDestinations && oldest !== undefined) unfinished.delete(oldest);
    },
  };
}
