import { expect, it } from "vitest";
import { createMetrics } from "../metrics.ts";
import { ReadCache } from "./read-cache.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A cache whose loads the test answers one by one. */
function open(maxEntries = 10): {
  cache: ReadCache<string>;
  loads: PromiseWithResolvers<string | undefined>[];
  ids: string[];
} {
  const loads: PromiseWithResolvers<string | undefined>[] = [];
  const ids: string[] = [];
  const cache = new ReadCache<string>(
    (id) => {
      const load = Promise.withResolvers<string | undefined>();
      loads.push(load);
      ids.push(id);
      return load.promise;
    },
    { maxEntries, retryDelay: 0, metrics: createMetrics(), logger: silent },
  );
  return { cache, loads, ids };
}

it("loads once for all who wait, and then gives the value itself", async () => {
  const { cache, loads } = open();
  const waiting = [cache.get("a"), cache.get("a")];
  loads[0]?.resolve("one");

  expect(await Promise.all(waiting)).toEqual(["one", "one"]);
  expect(cache.get("a")).toBe("one");
  expect(loads).toHaveLength(1);
});

it("neither keeps nor joins a load that began before an invalidation", async () => {
  const { cache, loads } = open();
  const early = cache.get("a");
  cache.invalidate("a");
  const late = cache.get("a");
  loads[1]?.resolve("new");
  expect(await late).toBe("new");
  loads[0]?.resolve("old");
  await early;

  expect(cache.get("a")).toBe("new");
});

it("forgets what is not there any more, and remembers no unknown names", async () => {
  const { cache, loads, ids } = open();
  const first = cache.get("a");
  loads[0]?.resolve("one");
  await first;
  cache.invalidate("a");
  const second = cache.get("a");
  loads[1]?.resolve(undefined);

  expect(await second).toBeUndefined();
  expect(cache.get("a")).toBeInstanceOf(Promise);
  expect(ids).toEqual(["a", "a", "a"]);
});

it("gives the last good value when a load fails, and rejects when there is none", async () => {
  const { cache, loads } = open();
  const first = cache.get("a");
  loads[0]?.resolve("one");
  await first;
  cache.invalidate("a");
  const second = cache.get("a");
  loads[1]?.reject(new Error("away"));
  const unknown = cache.get("b");
  loads[2]?.reject(new Error("away"));

  expect(await second).toBe("one");
  await expect(unknown).rejects.toThrow("away");
});

it("keeps no more entries than it may", async () => {
  const { cache, loads } = open(2);
  for (const [at, id] of ["a", "b", "c"].entries()) {
    const load = cache.get(id);
    loads[at]?.resolve(id);
    await load;
  }

  expect([cache.get("b"), cache.get("c")]).toEqual(["b", "c"]);
  expect(cache.get("a")).toBeInstanceOf(Promise);
});
