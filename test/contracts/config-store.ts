import { type Clock, type ConfigStore, type Key, VersionConflict, type Write } from "@pergola/core";
import { afterEach, describe, expect, it } from "vitest";

export interface OpenedStore {
  readonly store: ConfigStore;
  /** Closes the store and opens the same data again; absent where nothing outlives the process. */
  readonly reopen?: () => Promise<ConfigStore>;
  /** Frees what the adapter needed beside the store. Runs after every store was closed. */
  readonly dispose?: () => Promise<void>;
}

const key = (id: string, owner = "net/services"): Key => ({ owner, id });
const put = (at: Key, value: unknown, expected: Write["expect"] = "any", expiresAt?: number): Write =>
  expiresAt === undefined
    ? { kind: "put", key: at, value, expect: expected }
    : { kind: "put", key: at, value, expect: expected, expiresAt };
const remove = (at: Key, expected: Write["expect"] = "any"): Write => ({ kind: "delete", key: at, expect: expected });
const check = (at: Key, expected: Write["expect"]): Write => ({ kind: "check", key: at, expect: expected });
const writesOf = (count: number): Write[] =>
  Array.from({ length: count }, (_, i) => put(key(`id-${i}`, `owner-${i % 7}`), i, "absent"));

async function conflictOf(promise: Promise<void>): Promise<readonly Key[]> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(VersionConflict);
  return (error as VersionConflict).keys;
}

/**
 * Every promise of the ConfigStore port, as cases that each adapter passes.
 * @param open gives an empty store that reads the time from `clock`
 */
export function configStoreContract(label: string, open: (clock: Clock) => Promise<OpenedStore>): void {
  describe(`ConfigStore: ${label}`, () => {
    const opened: OpenedStore[] = [];
    let now = Date.parse("2026-11-23T10:00:00.000Z");
    const clock: Clock = { now: () => new Date(now) };
    const start = async (): Promise<OpenedStore> => {
      const one = await open(clock);
      opened.push(one);
      return one;
    };
    const versionOf = async (store: ConfigStore, at: Key): Promise<string> => (await store.get(at))?.version ?? "none";

    afterEach(async () => {
      for (const { store, dispose } of opened.splice(0)) {
        await store.close();
        await dispose?.();
      }
    });

    describe("reading", () => {
      it("gives undefined for what is not there", async () => {
        const { store } = await start();

        expect(await store.get(key("svc-1"))).toBeUndefined();
        expect(await store.getMany([key("svc-1"), key("svc-2")])).toEqual([undefined, undefined]);
        expect(await store.list("net/services")).toEqual({ items: [], more: false });
      });

      it("gives back the JSON that was put", async () => {
        const { store } = await start();
        const value = {
          name: "web \u{1f33f}\u0000",
          tags: {},
          list: [1, -0.5, null, true, "é"],
          nested: { deep: [[]] },
        };

        await store.transact([put(key("svc-1"), value)]);

        expect(await store.get(key("svc-1"))).toEqual({ ...key("svc-1"), value, version: expect.any(String) });
      });

      it.each([0, "", false, null, [], {}])("keeps %j apart from an absent item", async (value) => {
        const { store } = await start();

        await store.transact([put(key("svc-1"), value)]);

        expect((await store.get(key("svc-1")))?.value).toEqual(value);
      });

      it("keeps owners apart, also where one's name begins with the other's", async () => {
        const { store } = await start();
        await store.transact([put(key("a", "x"), 1), put(key("a", "x/y"), 2), put(key("y/a", "x"), 3)]);

        expect((await store.list("x")).items.map(({ id, value }) => [id, value])).toEqual([
          ["a", 1],
          ["y/a", 3],
        ]);
        expect((await store.get(key("a", "x/y")))?.value).toBe(2);
      });

      it("answers getMany in the order asked, with holes and repetitions", async () => {
        const { store } = await start();
        await store.transact([put(key("a"), 1), put(key("b"), 2)]);

        const found = await store.getMany([key("b"), key("none"), key("a"), key("b")]);

        expect(found.map((item) => item?.value)).toEqual([2, undefined, 1, 2]);
      });

      it("gives copies: changing what was put or read changes nothing stored", async () => {
        const { store } = await start();
        const value = { tags: { team: "a" } };
        await store.transact([put(key("svc-1"), value)]);
        value.tags.team = "changed by the writer";

        const read = await store.get<typeof value>(key("svc-1"));
        if (read) read.value.tags.team = "changed by a reader";
        const listed = await store.list<typeof value>("net/services");
        for (const item of listed.items) item.value.tags.team = "changed by a lister";

        expect((await store.get(key("svc-1")))?.value).toEqual({ tags: { team: "a" } });
      });

      it("rejects when the caller has given up", async () => {
        const { store } = await start();
        const signal = AbortSignal.abort(new Error("gave up"));

        await expect(store.get(key("a"), signal)).rejects.toThrow("gave up");
        await expect(store.getMany([key("a")], signal)).rejects.toThrow("gave up");
        await expect(store.list("net/services", { signal })).rejects.toThrow("gave up");
      });
    });

    describe("listing", () => {
      const ids = ["", "!", "-", "0", "00", "1", "10", "2", "A", "Z", "_", "a", "aa", "b", "é", "～", "\uffff"].slice(
        1,
      );

      it("orders by code unit, not by locale or number", async () => {
        const { store } = await start();
        await store.transact(ids.toReversed().map((id) => put(key(id), id)));

        const { items, more } = await store.list("net/services");

        expect(items.map((item) => item.id)).toEqual(ids);
        expect(more).toBe(false);
      });

      it("pages without gaps or repetitions, also when items come and go between pages", async () => {
        const { store } = await start();
        const all = Array.from({ length: 25 }, (_, i) => `svc-${String(i).padStart(2, "0")}`);
        await store.transact(all.map((id) => put(key(id), id)));

        const first = await store.list("net/services", { limit: 10 });
        await store.transact([remove(key("svc-09")), put(key("svc-095"), 1), put(key("svc-00a"), 1)]);
        const second = await store.list("net/services", { limit: 10, after: first.items.at(-1)?.id ?? "" });
        const third = await store.list("net/services", { limit: 10, after: second.items.at(-1)?.id ?? "" });

        expect(first.items.map((item) => item.id)).toEqual(all.slice(0, 10));
        expect(second.items.map((item) => item.id)).toEqual(["svc-095", ...all.slice(10, 19)]);
        expect(third.items.map((item) => item.id)).toEqual(all.slice(19));
        expect([first.more, second.more, third.more]).toEqual([true, true, false]);
      });

      it("says that there is no more when the last page is just full", async () => {
        const { store } = await start();
        await store.transact(["a", "b", "c"].map((id) => put(key(id), id)));

        expect((await store.list("net/services", { limit: 3 })).more).toBe(false);
        expect((await store.list("net/services", { limit: 2 })).more).toBe(true);
        expect(await store.list("net/services", { after: "c" })).toEqual({ items: [], more: false });
      });

      it("gives 100 items without a limit and 1,000 at most", async () => {
        const { store } = await start();
        for (let page = 0; page < 11; page += 1) {
          await store.transact(Array.from({ length: 100 }, (_, i) => put(key(`${1000 + page * 100 + i}`), i)));
        }

        const byDefault = await store.list("net/services");
        const most = await store.list("net/services", { limit: 1000 });

        expect([byDefault.items.length, byDefault.more]).toEqual([100, true]);
        expect([most.items.length, most.more]).toEqual([1000, true]);
      });

      it.each([
        { prefix: "svc-", found: ["svc-", "svc-1", "svc-12", "svc-é"] },
        { prefix: "svc-1", found: ["svc-1", "svc-12"] },
        { prefix: "svc-1", after: "svc-1", found: ["svc-12"] },
        { prefix: "svc-", after: "zzz", found: [] },
        { prefix: "sv%", found: ["sv%-1"] },
        { prefix: "sv_", found: [] },
        { prefix: "SVC-", found: [] },
        { prefix: "svc-é", found: ["svc-é"] },
      ])("takes the prefix $prefix after $after literally", async ({ found, ...options }) => {
        const { store } = await start();
        const present = ["sv%-1", "svb", "svc-", "svc-1", "svc-12", "svc-é", "svd"];
        await store.transact(present.map((id) => put(key(id), id)));

        expect((await store.list("net/services", options)).items.map((item) => item.id)).toEqual(found);
      });
    });

    describe("expectations", () => {
      it("puts an item that is absent once", async () => {
        const { store } = await start();

        await store.transact([put(key("a"), 1, "absent")]);

        expect(await conflictOf(store.transact([put(key("a"), 2, "absent")]))).toEqual([key("a")]);
        expect((await store.get(key("a")))?.value).toBe(1);
      });

      it("replaces an item at the version read, and not at an older one", async () => {
        const { store } = await start();
        await store.transact([put(key("a"), 1)]);
        const old = await versionOf(store, key("a"));

        await store.transact([put(key("a"), 2, { version: old })]);

        expect(await conflictOf(store.transact([put(key("a"), 3, { version: old })]))).toEqual([key("a")]);
        expect(await conflictOf(store.transact([remove(key("a"), { version: old })]))).toEqual([key("a")]);
        expect((await store.get(key("a")))?.value).toBe(2);
      });

      it("gives a new version even where the value stays the same", async () => {
        const { store } = await start();
        await store.transact([put(key("a"), 1)]);
        const before = await versionOf(store, key("a"));

        await store.transact([put(key("a"), 1)]);

        expect(await versionOf(store, key("a"))).not.toBe(before);
      });

      it("deletes at a version, and whatever there is or is not", async () => {
        const { store } = await start();
        await store.transact([put(key("a"), 1), put(key("b"), 1)]);

        await store.transact([remove(key("a"), { version: await versionOf(store, key("a")) }), remove(key("b"))]);
        await store.transact([remove(key("a")), remove(key("none"), "absent")]);

        expect(await store.list("net/services")).toEqual({ items: [], more: false });
      });

      it.each(["0", "1", "nonsense", ""])("never takes an absent item for version %j", async (version) => {
        const { store } = await start();

        expect(await conflictOf(store.transact([put(key("a"), 1, { version })]))).toEqual([key("a")]);
        expect(await conflictOf(store.transact([remove(key("a"), { version })]))).toEqual([key("a")]);
        expect(await conflictOf(store.transact([check(key("a"), { version })]))).toEqual([key("a")]);
      });

      it("checks without writing", async () => {
        const { store } = await start();
        await store.transact([put(key("guard"), 1)]);
        const version = await versionOf(store, key("guard"));

        await store.transact([check(key("guard"), { version }), check(key("none"), "absent"), put(key("a"), 1)]);

        expect(await versionOf(store, key("guard"))).toBe(version);
        expect(await store.get(key("none"))).toBeUndefined();
        expect(await conflictOf(store.transact([check(key("guard"), "absent"), put(key("b"), 1)]))).toEqual([
          key("guard"),
        ]);
        expect(await store.get(key("b"))).toBeUndefined();
      });

      it("never gives a key the same version twice, not even after deletion", async () => {
        const { store } = await start();
        const versions: string[] = [];
        for (let round = 0; round < 20; round += 1) {
          await store.transact([put(key("a"), 1, "absent")]);
          versions.push(await versionOf(store, key("a")));
          await store.transact([remove(key("a"))]);
        }

        expect(new Set(versions).size).toBe(20);
        await store.transact([put(key("a"), "new")]);
        expect(await conflictOf(store.transact([put(key("a"), 2, { version: versions[0] ?? "" })]))).toEqual([
          key("a"),
        ]);
      });
    });

    describe("transactions", () => {
      it("write everything or nothing, and name every key that was not as expected", async () => {
        const { store } = await start();
        await store.transact([put(key("taken"), 1), put(key("kept"), 1)]);

        const keys = await conflictOf(
          store.transact([
            put(key("new"), 1, "absent"),
            put(key("taken"), 2, "absent"),
            remove(key("kept")),
            check(key("gone"), { version: "7" }),
          ]),
        );

        expect(keys).toEqual([key("taken"), key("gone")]);
        expect((await store.list("net/services")).items.map(({ id, value }) => [id, value])).toEqual([
          ["kept", 1],
          ["taken", 1],
        ]);
      });

      it("leave no trace of any write when one value is no JSON", async () => {
        const { store } = await start();
        const circular: Record<string, unknown> = {};
        circular.self = circular;

        for (const value of [circular, 10n, undefined, () => 1]) {
          await expect(store.transact([put(key("a"), 1), put(key("b"), value)])).rejects.toThrow(TypeError);
        }

        expect(await store.list("net/services")).toEqual({ items: [], more: false });
      });

      it("take 100 writes across owners, or as many as the store says", async () => {
        const { store } = await start();
        const writes = writesOf(store.maxWrites ?? 100);
        expect(writes.length).toBeGreaterThanOrEqual(100);

        await store.transact(writes);

        for (let from = 0; from < writes.length; from += 100) {
          const found = await store.getMany(writes.slice(from, from + 100).map((write) => write.key));
          expect(found.map((item) => item?.value)).toEqual(found.map((_, i) => from + i));
        }
      });

      it("may be empty", async () => {
        const { store } = await start();

        await expect(store.transact([])).resolves.toBeUndefined();
      });

      it("see the state before them: a put and its guard do not disturb each other", async () => {
        const { store } = await start();

        await store.transact([put(key("a"), 1, "absent"), check(key("b"), "absent"), put(key("c"), 1, "absent")]);

        expect((await store.list("net/services")).items.length).toBe(2);
      });
    });

    describe("limits", () => {
      const tooLong = "x".repeat(1025);
      const many = Array.from({ length: 101 }, (_, i) => key(`${i}`));
      it.each<[string, (store: ConfigStore) => Promise<unknown>]>([
        ["an empty id", (store) => store.get(key(""))],
        ["an empty owner", (store) => store.list("")],
        ["an id of 1,025 characters", (store) => store.transact([put(key(tooLong), 1)])],
        ["an owner of 1,025 characters", (store) => store.get(key("a", tooLong))],
        ["an id with NUL", (store) => store.transact([put(key("a\0b"), 1)])],
        ["an id outside the basic plane", (store) => store.transact([put(key("\u{1f33f}"), 1)])],
        ["101 keys", (store) => store.getMany(many)],
        ["a write more than it says that it takes", (store) => store.transact(writesOf((store.maxWrites ?? 100) + 1))],
        ["one key twice", (store) => store.transact([put(key("a"), 1), remove(key("a"))])],
        ["a limit of 0", (store) => store.list("net/services", { limit: 0 })],
        ["a limit of 1,001", (store) => store.list("net/services", { limit: 1001 })],
        ["a limit that is not whole", (store) => store.list("net/services", { limit: 1.5 })],
        ["a time to live that is no number", (store) => store.transact([put(key("a"), 1, "any", Number.NaN)])],
      ])("refuse %s and change nothing", async (_, call) => {
        const { store } = await start();

        await expect(call(store)).rejects.toThrow(RangeError);
        expect(await store.list("net/services")).toEqual({ items: [], more: false });
      });

      it("admit owner and id of 1,024 characters", async () => {
        const { store } = await start();
        const longest = key("i".repeat(1024), "o".repeat(1024));

        await store.transact([put(longest, 1, "absent")]);

        expect((await store.list(longest.owner)).items[0]?.id).toBe(longest.id);
      });
    });

    describe("time to live", () => {
      const seconds = (): number => Math.floor(now / 1000);

      it("ends an item for every reader, to the second", async () => {
        const { store } = await start();
        await store.transact([put(key("token"), 1, "any", seconds() + 10), put(key("kept"), 1)]);

        now += 9_999;
        expect((await store.get(key("token")))?.value).toBe(1);
        now += 1;

        expect(await store.get(key("token"))).toBeUndefined();
        expect(await store.getMany([key("token")])).toEqual([undefined]);
        expect((await store.list("net/services")).items.map((item) => item.id)).toEqual(["kept"]);
      });

      it("makes room: an ended item is absent to writers and has no version", async () => {
        const { store } = await start();
        await store.transact([put(key("token"), 1, "absent", seconds() + 10)]);
        const version = await versionOf(store, key("token"));
        now += 10_000;

        expect(await conflictOf(store.transact([put(key("token"), 2, { version })]))).toEqual([key("token")]);
        await store.transact([put(key("token"), 2, "absent", seconds() + 10)]);

        expect((await store.get(key("token")))?.value).toBe(2);
        expect(await versionOf(store, key("token"))).not.toBe(version);
      });

      it("is lifted by a put without one", async () => {
        const { store } = await start();
        await store.transact([put(key("token"), 1, "any", seconds() + 10)]);
        await store.transact([put(key("token"), 2)]);
        now += 60_000;

        expect((await store.get(key("token")))?.value).toBe(2);
      });

      it("leaves full pages: ended items between live ones take no place", async () => {
        const { store } = await start();
        const writes = Array.from({ length: 60 }, (_, i) =>
          i % 3 === 0 ? put(key(`${100 + i}`), i) : put(key(`${100 + i}`), i, "any", seconds() + 5),
        );
        await store.transact(writes);
        now += 5_000;

        const page = await store.list("net/services", { limit: 10 });
        const rest = await store.list("net/services", { limit: 10, after: page.items.at(-1)?.id ?? "" });

        expect([page.items.length, page.more]).toEqual([10, true]);
        expect([rest.items.length, rest.more]).toEqual([10, false]);
      });

      it("stays true while thousands of items end and new ones come", async () => {
        const { store } = await start();
        for (let batch = 0; batch < 5; batch += 1) {
          const ends = seconds() + 1;
          await store.transact(Array.from({ length: 100 }, (_, i) => put(key(`${batch}-${i}`), i, "absent", ends)));
        }
        now += 1_000;

        for (let batch = 0; batch < 5; batch += 1) {
          const ends = seconds() + 60;
          await store.transact(Array.from({ length: 100 }, (_, i) => put(key(`${batch}-${i}`), "new", "absent", ends)));
        }

        const { items } = await store.list("net/services", { limit: 1000 });
        expect(items.filter((item) => item.value === "new").length).toBe(500);
      });
    });

    describe("watching", () => {
      it("tells of changed keys before the transaction's promise resolves, when they can already be read", async () => {
        const { store } = await start();
        const events: string[] = [];
        const reads: Promise<unknown>[] = [];
        store.watch((keys) => {
          events.push(`told of ${keys.map((changed) => changed.id).join()}`);
          reads.push(store.getMany(keys).then((items) => items.map((item) => item?.value)));
        });

        await store.transact([put(key("a"), 1), remove(key("b"))]).then(() => events.push("resolved"));

        expect(events).toEqual(["told of a,b", "resolved"]);
        expect(await Promise.all(reads)).toEqual([[1, undefined]]);
      });

      it("tells nothing of checks, of refused transactions and of reads", async () => {
        const { store } = await start();
        await store.transact([put(key("a"), 1)]);
        const told: Key[] = [];
        store.watch((keys) => told.push(...keys));

        await store.transact([check(key("a"), "any")]);
        await store.transact([check(key("a"), "any"), put(key("b"), 1)]);
        await conflictOf(store.transact([put(key("a"), 1, "absent"), put(key("c"), 1)]));
        await store.list("net/services");

        expect(told).toEqual([key("b")]);
      });

      it("stops for the one who asks, also when the same function watches twice", async () => {
        const { store } = await start();
        let calls = 0;
        const listener = (): void => {
          calls += 1;
        };
        const stop = store.watch(listener);
        store.watch(listener);

        await store.transact([put(key("a"), 1)]);
        stop();
        stop();
        await store.transact([put(key("a"), 2)]);

        expect(calls).toBe(3);
      });

      it("goes on when a watcher throws, and the transaction stands", async () => {
        const { store } = await start();
        let told = 0;
        store.watch(() => {
          throw new Error("a watcher of this test throws on purpose");
        });
        store.watch(() => {
          told += 1;
        });

        await store.transact([put(key("a"), 1)]);

        expect(told).toBe(1);
        expect((await store.get(key("a")))?.value).toBe(1);
      });
    });

    describe("concurrency", () => {
      it("lets exactly one of 64 racing writers create an item", async () => {
        const { store } = await start();
        const racers = Array.from({ length: 64 }, (_, i) => store.transact([put(key("a"), i, "absent")]).then(() => i));

        const outcomes = await Promise.allSettled(racers);

        const winners = outcomes.filter((outcome) => outcome.status === "fulfilled");
        expect(winners.length).toBe(1);
        expect((await store.get(key("a")))?.value).toBe(winners[0]?.value);
        for (const outcome of outcomes) {
          if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(VersionConflict);
        }
      });

      it("loses no update of 64 writers that read, change and retry", async () => {
        const { store } = await start();
        await store.transact([put(key("count"), 0)]);
        const increment = async (): Promise<void> => {
          for (;;) {
            const item = await store.get<number>(key("count"));
            if (item === undefined) throw new Error("the counter is gone");
            try {
              await store.transact([put(key("count"), item.value + 1, { version: item.version })]);
              return;
            } catch (error) {
              if (!(error instanceof VersionConflict)) throw error;
            }
          }
        };

        await Promise.all(Array.from({ length: 64 }, increment));

        expect((await store.get(key("count")))?.value).toBe(64);
      });
    });

    describe("closing", () => {
      it("makes every later call reject, and may be done twice", async () => {
        const { store } = await start();
        await store.close();
        await store.close();

        await expect(store.get(key("a"))).rejects.toThrow("closed");
        await expect(store.getMany([key("a")])).rejects.toThrow("closed");
        await expect(store.list("net/services")).rejects.toThrow("closed");
        await expect(store.transact([put(key("a"), 1)])).rejects.toThrow("closed");
      });

      it("waits for transactions that are running", async () => {
        const { store } = await start();
        let settled = 0;
        const running = Array.from({ length: 8 }, (_, i) =>
          store.transact([put(key(`${i}`), i)]).finally(() => {
            settled += 1;
          }),
        );

        await store.close();

        await Promise.all(running);
        expect(settled).toBe(8);
      });
    });

    describe("reopening", () => {
      it("keeps items, versions and times to live, and goes on without repeating a version", async (context) => {
        const { store, reopen } = await start();
        if (reopen === undefined) return context.skip("nothing outlives this store");
        await store.transact([put(key("a"), { deep: [1] }), put(key("token"), 1, "any", Math.floor(now / 1000) + 10)]);
        const before = await store.get(key("a"));
        await store.transact([put(key("b"), 1)]);
        const ofDeleted = await versionOf(store, key("b"));
        await store.transact([remove(key("b"))]);

        const again = await reopen();
        opened.push({ store: again });

        expect(await again.get(key("a"))).toEqual(before);
        await again.transact([put(key("b"), 2, "absent")]);
        expect(await versionOf(again, key("b"))).not.toBe(ofDeleted);
        now += 10_000;
        expect(await again.get(key("token"))).toBeUndefined();
      });
    });
  });
}
