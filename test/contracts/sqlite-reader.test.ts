import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigStore } from "@pergola/core";
import { openSqliteReader, openSqliteStore } from "@pergola/store-sqlite";
import { configStoreContract } from "./config-store.ts";

/** As workers have it: one connection writes, another one reads and is told of what has changed. */
configStoreContract("SQLite, read on a connection that only reads", async (clock) => {
  const dir = await mkdtemp(join(tmpdir(), "pergola-store-"));
  const file = join(dir, "data", "store.db");
  const open = (): ConfigStore => {
    const logger = { error: () => {} };
    const writer = openSqliteStore({ file, clock, logger, hasReaders: true });
    const reader = openSqliteReader({ file, clock, logger });
    writer.watch((keys) => reader.tell(keys));
    return {
      ...(writer.maxWrites === undefined ? {} : { maxWrites: writer.maxWrites }),
      get: (key, signal) => reader.get(key, signal),
      getMany: (keys, signal) => reader.getMany(keys, signal),
      list: (owner, options) => reader.list(owner, options),
      watch: (listener) => reader.watch(listener),
      transact: (writes) => writer.transact(writes),
      async close() {
        await writer.close();
        await reader.close();
      },
    };
  };
  const store = open();
  return {
    store,
    reopen: async () => {
      await store.close();
      return open();
    },
    dispose: () => rm(dir, { recursive: true }),
  };
});
