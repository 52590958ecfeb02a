// Compiles service snapshots from a store, in a process of its own. Prints the microseconds of processor time for each.
// Usage: node compile.ts <data directory> <how many>
import { join } from "node:path";
import { compileServiceSnapshot } from "@pergola/control-plane";
import { owners, type ServiceSnapshot } from "@pergola/core";
import { openSqliteStore } from "@pergola/store-sqlite";
import { storeReader } from "../../test/harness/store-reader.ts";

const [dataDir = "", count = "0"] = process.argv.slice(2);
const store = openSqliteStore({ file: join(dataDir, "pergola.sqlite") });
const reader = storeReader(store);
const services = await reader.all<ServiceSnapshot>(owners.serviceSnapshots);

async function compile(times: number): Promise<void> {
  // A step that shares no factor with the number of services: every service has its turn, neighbours do not follow each other.
  for (let index = 0; index < times; index += 1) {
    const { serviceId: id, account, region } = services[(index * 7919) % services.length] as ServiceSnapshot;
    const snapshot = await compileServiceSnapshot(reader, { id, account, region });
    if (snapshot?.listeners[0]?.rules.length === 0) throw new Error(`${id} has no rules`);
  }
}

await compile(Number(count));
const before = process.cpuUsage();
await compile(Number(count));
const { user, system } = process.cpuUsage(before);
console.log((user + system) / Number(count));
await store.close();
