// Run by full-disk.test.ts under a file size limit: writes until the system refuses, then reports what the store says.
import { openSqliteStore } from "@pergola/store-sqlite";

const [, , file = ""] = process.argv;
const store = openSqliteStore({ file });
const refused = async (n: number): Promise<unknown> => {
  const value = { n, padding: "x".repeat(4_000) };
  return store
    .transact([
      { kind: "put", key: { owner: "left", id: String(n) }, value, expect: "absent" },
      { kind: "put", key: { owner: "right", id: String(n) }, value, expect: "absent" },
    ])
    .then(
      () => undefined,
      (error: unknown) => error,
    );
};

let written = 0;
let error: unknown;
for (; error === undefined && written < 10_000; written += error === undefined ? 1 : 0) error = await refused(written);
const again = await refused(written);
const at = (owner: string, n: number) => ({ owner, id: String(n) });
const [lastLeft, lastRight, noLeft, noRight] = await store.getMany([
  at("left", written - 1),
  at("right", written - 1),
  at("left", written),
  at("right", written),
]);
const message = (from: unknown): string => (from instanceof Error ? from.message : String(from));
console.log(
  JSON.stringify({
    written,
    error: message(error),
    cause: error instanceof Error ? message(error.cause) : "none",
    again: message(again),
    readable: lastLeft !== undefined && lastRight !== undefined,
    half: noLeft !== undefined || noRight !== undefined,
  }),
);
