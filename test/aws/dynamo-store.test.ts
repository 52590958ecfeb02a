import { describe } from "vitest";
import { configStoreContract } from "../contracts/config-store.ts";
import { openTable } from "./dynamo-table.ts";
import { motoUrl } from "./moto.ts";

describe.skipIf(motoUrl === undefined)("on moto", () => {
  configStoreContract("DynamoDB", async (clock) => {
    const table = await openTable();
    const store = table.open({ clock });
    return {
      store,
      reopen: async () => {
        await store.close();
        return table.open({ clock });
      },
      dispose: async () => table[Symbol.asyncDispose](),
    };
  });
});
