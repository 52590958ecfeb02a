// Run by sqlite-reader.test.ts as a process of its own: puts the same number into many items, each time in one transaction.
import { openSqliteStore } from "@pergola/store-sqlite";

const [, , file = ""] = process.argv;
const store = openSqliteStore({ file, hasReaders: true });
const ids = Array.from({ length: 50 }, (_, i) => `item-${i}`);
for (let n = 1; ; n += 1) {
  await store.transact(ids.map((id) => ({ kind: "put", key: { owner: "all", id }, value: n, expect: "any" })));
  if (n === 1) process.stdout.write("ready\n");
}
