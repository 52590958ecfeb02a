import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStore } from "@pergola/store-sqlite";
import { configStoreContract } from "./config-store.ts";

configStoreContract("SQLite", async (clock) => {
  const dir = await mkdtemp(join(tmpdir(), "pergola-store-"));
  const open = () => openSqliteStore({ file: join(dir, "data", "store.db"), clock, logger: { error: () => {} } });
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
