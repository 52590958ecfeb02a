import { type Clock, type Logger, slots } from "@pergola/core";
import type { AddressSource } from "./address-source.ts";

export interface AddressCacheOptions {
  /** How long an address counts as fresh, in milliseconds. */
  readonly ttlMs: number;
  /** How long it counts that there is none, and how long after a failure the next look-up waits. */
  readonly negativeTtlMs: number;
  /** How long ids wait for more that are looked up with them. */
  readonly gatherMs: number;
  /** For one look-up. */
  readonly timeoutMs: number;
  readonly maxEntries: number;
}

export interface AddressCache {
  /** @returns what is known now; looks it up in the background where that is nothing, or stale */
  peek(id: string): string | undefined;
  /** Resolves when each id that was unknown or stale has been looked up. @throws what the source says */
  resolve(ids: readonly string[]): Promise<void>;
  close(): void;
}

interface Entry {
  /** undefined: there is none. */
  readonly address: string | undefined;
  readonly freshUntil: number;
}

/** Addresses that are asked for synchronously and looked up in batches. A stale one serves until there is a newer one. */
export function addressCache(
  source: AddressSource,
  { clock, logger }: { readonly clock: Clock; readonly logger: Pick<Logger, "warn"> },
  options: AddressCacheOptions,
): AddressCache {
  const entries = new Map<string, Entry>();
  const underWay = new Map<string, Promise<void>>();
  const waiting = new Set<string>();
  const closing = new AbortController();
  const lookUps = slots(2);
  let gathering: Promise<void> | undefined;

  const isFresh = (id: string): boolean => (entries.get(id)?.freshUntil ?? 0) > clock.now().getTime();
  const keep = (id: string, address: string | undefined, ttlMs: number): void => {
    entries.delete(id);
    entries.set(id, { address, freshUntil: clock.now().getTime() + ttlMs });
    const oldest = entries.keys().next().value;
    if (entries.size > options.maxEntries && oldest !== undefined) entries.delete(oldest);
  };
  const lookUp = async (ids: readonly string[]): Promise<void> => {
    try {
      const found = await source.find(ids, AbortSignal.any([closing.signal, AbortSignal.timeout(options.timeoutMs)]));
      for (const id of ids) {
        const address = found.get(id);
        keep(id, address, address === undefined ? options.negativeTtlMs : options.ttlMs);
      }
    } catch (error) {
      // What was known goes on to serve: an API that is away must not take healthy targets with it.
      for (const id of ids) keep(id, entries.get(id)?.address, options.negativeTtlMs);
      if (!closing.signal.aborted)
        logger.warn("addresses of targets could not be looked up", { targets: ids, cause: error });
      throw error;
    }
  };
  const gather = async (): Promise<void> => {
    await new Promise((done) => setTimeout(done, options.gatherMs));
    gathering = undefined;
    const ids = [...waiting];
    waiting.clear();
    const batches: string[][] = [];
    for (let at = 0; at < ids.length; at += source.maxIds) batches.push(ids.slice(at, at + source.maxIds));
    await Promise.all(batches.map((batch) => lookUps.run(() => lookUp(batch))));
  };
  const ask = (id: string): Promise<void> => {
    const known = underWay.get(id);
    if (known !== undefined) return known;
    waiting.add(id);
    gathering ??= gather();
    const one = gathering.finally(() => underWay.delete(id));
    underWay.set(id, one);
    return one;
  };

  return {
    peek(id) {
      if (!closing.signal.aborted && !isFresh(id) && !underWay.has(id)) {
        ask(id).catch(() => {
          // `lookUp` has logged it.
        });
      }
      return entries.get(id)?.address;
    },
    async resolve(ids) {
      closing.signal.throwIfAborted();
      await Promise.all(ids.filter((id) => !isFresh(id)).map(ask));
    },
    close: () => closing.abort(new Error("the target directory is closed")),
  };
}
