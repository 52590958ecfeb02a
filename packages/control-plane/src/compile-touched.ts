import { type Key, owners } from "@pergola/core";
import { compileResourceSnapshot, writtenResources } from "./compile-resource-snapshot.ts";
import { compileNetworkSnapshot, compileServiceSnapshot } from "./compile-snapshot.ts";
import type { Transaction } from "./transaction.ts";

/** Compiles the snapshots that a transaction touches, from what the store will hold after it, and has it write them too. */
export async function compileTouched(tx: Transaction): Promise<void> {
  const { networks, services } = tx.touched;
  for (const network of networks) {
    const key = { owner: owners.networkSnapshots, id: network.id };
    await tx.get(key);
    putOrDelete(tx, key, await compileNetworkSnapshot(tx, network));
  }
  for (const service of services) {
    const key = { owner: owners.serviceSnapshots, id: service.id };
    await tx.get(key);
    putOrDelete(tx, key, await compileServiceSnapshot(tx, service));
  }
  // Nobody has to touch these: what they are compiled from says whose they are.
  for (const resource of await writtenResources(tx, tx.written)) {
    const key = { owner: owners.resourceSnapshots, id: resource.id };
    const before = await tx.get(key);
    const after = await compileResourceSnapshot(tx, resource);
    if (before !== undefined || after !== undefined) putOrDelete(tx, key, after);
  }
}

function putOrDelete(tx: Transaction, key: Key, value: object | undefined): void {
  if (value === undefined) tx.delete(key);
  else tx.put(key, value);
}
