// Run by crash.test.ts as a process of its own: writes without end and prints each number once its write is acknowledged.
import { writeSync } from "node:fs";
import { openSqliteStore } from "@pergola/store-sqlite";

const [, , file = "", first = "0"] = process.argv;
const store = openSqliteStore({ file });
for (let n = Number(first); ; n += 1) {
  const value = { n, padding: "x".repeat((n % 40) * 100) };
  await store.transact([
    { kind: "put", key: { owner: "left", id: String(n) }, value, expect: "absent" },
    { kind: "put", key: { owner: "right", id: String(n) }, value, expect: "absent" },
    { kind: "put", key: { owner: "last", id: "n" }, value: n, expect: "any" },
  ]);
  writeSync(1, `${n}\n`);
}
