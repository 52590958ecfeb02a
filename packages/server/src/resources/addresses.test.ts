import { openMemoryStore, owners } from "@pergola/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { openAddressBook } from "./address-book.ts";
import { addressRange } from "./address-range.ts";
import { choosePorts } from "./choose-ports.ts";

it.each([
  ["127.77.0.0/16", 65_534, "127.77.0.1", "127.77.255.254"],
  ["127.77.3.9/30", 2, "127.77.3.9", "127.77.3.10"],
  ["127.0.0.0/8", 16_777_214, "127.0.0.1", "127.255.255.254"],
  ["192.168.7.0/24", 254, "192.168.7.1", "192.168.7.254"],
])("the range %s has %d addresses, from %s to %s", (cidr, size, first, last) => {
  const range = addressRange(cidr);
  expect([range.size, range.at(0), range.at(size - 1)]).toEqual([size, first, last]);
});

it("a range finds each of its addresses again, and no other", () => {
  const range = addressRange("10.20.0.0/20");
  fc.assert(
    fc.property(fc.nat(range.size - 1), (index) => {
      expect(range.indexOf(range.at(index))).toBe(index);
      expect(range.has(range.at(index))).toBe(true);
    }),
  );
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const isIn = /^10\.20\.(?:\d|1[0-5])\.\d+$/.test(address);
      expect(range.has(address)).toBe(isIn);
      expect(range.has(`::ffff:${address}`)).toBe(isIn);
    }),
  );
  expect([range.indexOf("10.20.0.0"), range.indexOf("10.20.15.255"), range.has("10.20.0.0")]).toEqual([
    undefined,
    undefined,
    true,
  ]);
  expect([range.has("::1"), range.has("x"), range.has("")]).toEqual([false, false, false]);
});

const ids = (...numbers: number[]): Set<string> => new Set(numbers.map((n) => `snra-${n}`));

it("addresses stay with their associations over restarts, whatever comes and goes", async () => {
  const store = openMemoryStore();
  const range = addressRange("127.78.0.0/24");
  const before = await (await openAddressBook(store, range)).assign(ids(1, 2, 3));
  expect([...before.values()]).toEqual(["127.78.0.1", "127.78.0.2", "127.78.0.3"]);

  const reopened = await openAddressBook(store, range);
  const after = await reopened.assign(ids(4, 3, 1));
  expect(Object.fromEntries(after)).toEqual({
    "snra-1": "127.78.0.1",
    "snra-3": "127.78.0.3",
    "snra-4": "127.78.0.4",
  });
  const { items } = await store.list(owners.resourceAddresses);
  expect(items.map(({ id }) => id)).toEqual(["snra-1", "snra-3", "snra-4"]);
});

it("an address is given away again only when there is no fresher one", async () => {
  const book = await openAddressBook(openMemoryStore(), addressRange("127.78.0.0/29"));
  await book.assign(ids(1, 2, 3, 4));
  await book.assign(ids(2));
  const assigned = await book.assign(ids(2, 5, 6, 7, 8, 9));

  expect(Object.fromEntries(assigned)).toEqual({
    "snra-2": "127.78.0.2",
    "snra-5": "127.78.0.5",
    "snra-6": "127.78.0.6",
    "snra-7": "127.78.0.1",
    "snra-8": "127.78.0.3",
    "snra-9": "127.78.0.4",
  });
  const full = await book.assign(ids(2, 5, 6, 7, 8, 9, 10));
  expect(full.has("snra-10")).toBe(false);
  expect((await book.assign(ids(5, 6, 7, 8, 9, 10))).get("snra-10")).toBe("127.78.0.2");
});

it("addresses of another range are given up, and those that two associations have", async () => {
  const store = openMemoryStore();
  await (await openAddressBook(store, addressRange("127.78.0.0/24"))).assign(ids(1, 2));
  const key = { owner: owners.resourceAddresses, id: "snra-9" };
  await store.transact([{ kind: "put", key, value: { address: "127.79.0.1" }, expect: "absent" }]);

  const book = await openAddressBook(store, addressRange("127.79.0.0/24"));
  expect(Object.fromEntries(await book.assign(ids(1, 2, 9)))).toEqual({
    "snra-1": "127.79.0.2",
    "snra-2": "127.79.0.3",
    "snra-9": "127.79.0.1",
  });
});

it("nothing is given away when the store cannot keep it", async () => {
  const store = openMemoryStore();
  let isAway = true;
  const book = await openAddressBook(
    {
      ...store,
      list: (owner, options) => store.list(owner, options),
      transact: (writes) => (isAway ? Promise.reject(new Error("full disk")) : store.transact(writes)),
    },
    addressRange("127.78.0.0/30"),
  );

  await expect(book.assign(ids(1, 2))).rejects.toThrow("full disk");
  isAway = false;
  expect((await book.assign(ids(3, 4))).size).toBe(2);
});

it.each<[string, string[], number, number[]]>([
  ["all ports of small ranges", ["443", "8000-8002"], 0, [443, 8000, 8001, 8002]],
  ["each port once", ["80", "80-81", "81"], 0, [80, 81]],
])("opens %s", (_what, ranges, leftOut, ports) => {
  expect(choosePorts(ranges)).toEqual({ ports, leftOut });
});

it("opens 256 ports of a wide range, those of well-known services among them", () => {
  const { ports, leftOut } = choosePorts(["1-65535"]);
  expect(ports).toHaveLength(256);
  expect(leftOut).toBe(65_535 - 256);
  expect(ports).toEqual(expect.arrayContaining([22, 443, 3306, 5432, 6379, 27_017, 1_024]));
  expect(choosePorts(["10000-20000"]).ports[0]).toBe(10_000);
  expect(choosePorts(["1-500"]).ports.slice(-2)).toEqual([255, 443]);
  expect(choosePorts(["1-500", "2000"]).ports).toContain(2_000);
});
