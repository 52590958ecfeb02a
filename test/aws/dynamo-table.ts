import { randomUUID } from "node:crypto";
import { createDynamoStore, createDynamoTable, type DynamoStore, type DynamoStoreOptions } from "@pergola/aws";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { connection, dynamoClient, motoUrl, silent } from "./moto.ts";

/** A table of its own behind a proxy of its own. */
export interface TestTable extends AsyncDisposable {
  readonly table: string;
  readonly proxy: FaultProxy;
  /** Opens one more store on the table. */
  open(options?: Partial<DynamoStoreOptions>): DynamoStore;
}

/** Makes a table; what it opened is closed with it. */
export async function openTable(): Promise<TestTable> {
  const client = dynamoClient();
  const table = `table-${randomUUID()}`;
  await createDynamoTable(client, table);
  client.destroy();
  const proxy = await startFaultProxy(motoUrl ?? "");
  const stores: DynamoStore[] = [];
  return {
    table,
    proxy,
    open(options = {}) {
      // moto takes seconds for 100 writes where DynamoDB takes milliseconds.
      const patience = { attemptMs: 20_000, deadlineMs: 40_000 };
      const store = createDynamoStore({
        client: connection(proxy.url),
        table,
        logger: silent,
        ...patience,
        ...options,
      });
      stores.push(store);
      return store;
    },
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store.close();
      await proxy.close();
    },
  };
}
