import { type ConfigStore, openMemoryStore, VersionConflict, type Write } from "@pergola/core";
import { beforeEach, describe, expect, it } from "vitest";
import { type StagedStore, StageFull, stagedStore } from "./staged-store.ts";

const key = (id: string) => ({ owner: "things", id });
const put = (id: string, value: unknown, expect: Write["expect"] = "any"): Write => ({
  kind: "put",
  key: key(id),
  value,
  expect,
});

let store: ConfigStore;
let transactions: number;
let staged: StagedStore;
beforeEach(() => {
  const memory = openMemoryStore();
  transactions = 0;
  store = {
    ...memory,
    transact: async (writes) => {
      transactions += 1;
      await memory.transact(writes);
    },
  };
  staged = stagedStore(store, 6);
});

const idsOf = async (from: ConfigStore, options = {}): Promise<string> =>
  (await from.list("things", options)).items.map(({ id }) => id).join("");

describe("what is staged", () => {
  it("is seen in the view alone, and in the store once it is flushed, as one transaction", async () => {
    await staged.view.transact([put("a", 1, "absent")]);
    await staged.view.transact([put("b", 2, "absent"), put("a", 3)]);

    expect((await staged.view.get(key("a")))?.value).toBe(3);
    expect((await staged.view.getMany([key("b"), key("c")])).map((item) => item?.value)).toEqual([2, undefined]);
    expect(await store.get(key("a"))).toBeUndefined();
    await staged.flush();
    expect(transactions).toBe(1);
    expect((await store.get(key("a")))?.value).toBe(3);
    expect(await idsOf(store)).toBe("ab");
  });

  it("is a copy that no reader can change", async () => {
    await staged.view.transact([put("a", { n: [1] })]);

    const read = await staged.view.get<{ n: number[] }>(key("a"));
    read?.value.n.push(2);

    expect((await staged.view.get(key("a")))?.value).toEqual({ n: [1] });
  });

  it("has versions of its own, by which a later transaction finds that it is out of date", async () => {
    await staged.view.transact([put("a", 1, "absent")]);
    const before = await staged.view.get(key("a"));
    const version = before?.version ?? "";
    await staged.view.transact([put("a", 2, { version })]);

    await expect(staged.view.transact([put("a", 3, { version })])).rejects.toThrow(VersionConflict);
    await expect(staged.view.transact([put("a", 3, "absent")])).rejects.toThrow(VersionConflict);
    await staged.view.transact([{ kind: "delete", key: key("a"), expect: "any" }]);
    await staged.view.transact([put("a", 4, "absent")]);
    await staged.flush();
    expect((await store.get(key("a")))?.value).toBe(4);
  });

  it("is gone when the store is not as the first transaction found it", async () => {
    await store.transact([put("a", 1)]);
    const version = (await staged.view.get(key("a")))?.version ?? "";
    await staged.view.transact([{ kind: "check", key: key("a"), expect: { version } }, put("b", 1, "absent")]);
    await staged.view.transact([put("a", 2, { version })]);
    await store.transact([put("a", 9)]);

    await expect(staged.flush()).rejects.toThrow(VersionConflict);
    expect((await staged.view.get(key("a")))?.value).toBe(9);
    expect(await idsOf(staged.view)).toBe("a");
    await staged.flush();
    expect(await idsOf(store)).toBe("a");
  });

  it("holds as many writes as the store takes, and says when it is full", async () => {
    await staged.view.transact(["a", "b", "c", "d"].map((id) => put(id, 1)));
    await staged.view.transact([put("a", 2), put("e", 1), put("f", 1)]);

    await expect(staged.view.transact([put("g", 1)])).rejects.toThrow(StageFull);
    await staged.flush();
    expect(await idsOf(store)).toBe("abcdef");
  });
});

describe("lists of the view", () => {
  beforeEach(async () => {
    await store.transact(["b", "d", "f", "h"].map((id) => put(id, id)));
    const remove = (id: string): Write => ({ kind: "delete", key: key(id), expect: "any" });
    await staged.view.transact([put("a", 1), put("e", 1), put("z", 1), remove("d"), remove("f")]);
  });

  it("are what they will be after the flush, page by page, whatever the pages' size", async () => {
    for (let limit = 1; limit <= 6; limit += 1) {
      let ids = "";
      for (let after = ""; ; ) {
        const page = await staged.view.list("things", { after, limit });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        ids += page.items.map(({ id }) => id).join("");
        if (!page.more) break;
        after = page.items.at(-1)?.id ?? "";
        expect(after).not.toBe("");
      }
      expect(ids).toBe("abehz");
    }
  });

  it("keep to a prefix", async () => {
    await staged.view.transact([put("ea", 1)]);

    expect(await idsOf(staged.view, { prefix: "e" })).toBe("eea");
    expect(await idsOf(staged.view, { prefix: "e", after: "e" })).toBe("ea");
    expect(await idsOf(staged.view, { prefix: "d" })).toBe("");
  });
});
