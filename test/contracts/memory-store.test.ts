import { openMemoryStore } from "@pergola/core";
import { configStoreContract } from "./config-store.ts";

configStoreContract("memory", async (clock) => ({ store: openMemoryStore(clock, { error: () => {} }) }));
