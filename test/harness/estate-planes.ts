import { type ConfigStore, openMemoryStore, type VpcEndpoint, type VpcEndpointDirectory } from "@pergola/core";
import { recordKeys, type StoreItem } from "./consistency/store-items.ts";
import { type ControlPlaneHarness, startControlPlane } from "./control-plane.ts";
import { makeWholeEstate, type WholeEstate } from "./whole-estate.ts";

/** A control plane on a whole estate of its own. */
export interface EstatePlane extends AsyncDisposable {
  readonly plane: ControlPlaneHarness;
  /** @returns all that its store holds */
  items(): Promise<StoreItem[]>;
}

/** A whole estate that was made once, and any number of control planes that each have a copy of it. */
export interface EstatePlanes {
  readonly estate: WholeEstate;
  open(): Promise<EstatePlane>;
}

/** Makes the estate through the API. */
export async function makeEstatePlanes(): Promise<EstatePlanes> {
  const endpoints: VpcEndpoint[] = [];
  const vpcEndpoints: VpcEndpointDirectory = {
    endpoints: () => endpoints,
    endpointsOf: (id) => endpoints.filter(({ leadsTo }) => leadsTo === id),
  };
  const { store, items } = recordKeys(openMemoryStore());
  await using maker = await startControlPlane({ store, vpcEndpoints });
  const estate = await makeWholeEstate(maker.client, endpoints);
  const made = await items();
  await store.close();
  return {
    estate,
    async open() {
      const copy = recordKeys(openMemoryStore());
      await fill(copy.store, made);
      const plane = await startControlPlane({ store: copy.store, vpcEndpoints });
      return {
        plane,
        items: copy.items,
        async [Symbol.asyncDispose]() {
          await plane[Symbol.asyncDispose]();
          await copy.store.close();
        },
      };
    },
  };
}

async function fill(store: ConfigStore, items: readonly StoreItem[]): Promise<void> {
  for (let from = 0; from < items.length; from += 100) {
    const some = items.slice(from, from + 100);
    await store.transact(
      some.map(({ owner, id, value }) => ({ kind: "put", key: { owner, id }, value, expect: "absent" })),
    );
  }
}
