import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createMetrics } from "../metrics.ts";
import { pause } from "../testing/world.ts";
import { ReadCache } from "./read-cache.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A cache whose loads the test answers one by one. */
function open(
  maxEntries = 10,
  ttl = 0,
): {
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
    { maxEntries, retryDelay: 0, ttl, metrics: createMetrics(), logger: silent },
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

it("keeps what a load brings that a change came before the end of, for when the store goes away, and asks for the change first", async () => {
  const { cache, loads } = open();
  const first = cache.get("a");
  cache.invalidate("a");
  loads[0]?.resolve("before");
  expect(await first).toBe("before");
  const second = cache.get("a");
  loads[1]?.reject(new Error("away"));
  expect(await second).toBe("before");

  const third = cache.get("a");
  loads[2]?.resolve("after");
  expect(await third).toBe("after");
  expect(cache.get("a")).toBe("after");
});

it("keeps nothing of a load that a later one has come after", async () => {
  const { cache, loads } = open();
  const early = cache.get("a");
  cache.invalidate("a");
  const late = cache.get("a");
  loads[1]?.resolve(undefined);
  await late;
  loads[0]?.resolve("deleted meanwhile");
  await early;

  const next = cache.get("a");
  loads[2]?.reject(new Error("away"));
  await expect(next).rejects.toThrow("away");
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

describe("where the store tells nothing of other processes", () => {
  const ttl = 60;

  function openAging(): ReturnType<typeof open> {
    return open(10, ttl);
  }

  it("uses a value that is just over its time while it is read anew, once", async () => {
    const { cache, loads } = openAging();
    const first = cache.get("a");
    loads[0]?.resolve("one");
    await first;
    expect(cache.get("a")).toBe("one");
    await pause(ttl * 1.1);

    expect([cache.get("a"), cache.get("a")]).toEqual(["one", "one"]);
    expect(loads).toHaveLength(2);
    loads[1]?.resolve("two");
    await cache.settled();
    expect(cache.get("a")).toBe("two");
  });

  it("reads a value that is twice over its time before it uses it", async () => {
    const { cache, loads } = openAging();
    const first = cache.get("a");
    loads[0]?.resolve("one");
    await first;
    await pause(ttl * 2.2);

    const late = cache.get("a");
    expect(late).toBeInstanceOf(Promise);
    loads[1]?.resolve("two");
    expect(await late).toBe("two");
  });

  it("takes a value for old by the wall clock too: a frozen process may have a monotonic clock that stood still", async () => {
    const { cache, loads } = openAging();
    const first = cache.get("a");
    loads[0]?.resolve("one");
    await first;
    const wall = Date.now();
    vi.spyOn(Date, "now").mockReturnValue(wall + 3_600_000);
    onTestFinished(() => void vi.restoreAllMocks());

    expect(cache.get("a")).toBeInstanceOf(Promise);
  });

  it("stays with the last good value when the store is away, and rejects nothing in the background", async () => {
    const { cache, loads } = openAging();
    const first = cache.get("a");
    loads[0]?.resolve("one");
    await first;
    await pause(ttl * 1.1);

    expect(cache.get("a")).toBe("one");
    loads[1]?.reject(new Error("away"));
    await cache.settled();
    await pause(ttl * 1.1);
    // No request waits for a store that has just failed, old as the value may be.
    expect(cache.get("a")).toBe("one");
    loads[2]?.resolve("two");
    await cache.settled();
    expect(cache.get("a")).toBe("two");
  });
});
