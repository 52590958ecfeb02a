import {
  type ConfigStore,
  type DomainVerification,
  openMemoryStore,
  owners,
  systemClock,
  type TxtResolver,
} from "@pergola/core";
import { runVerificationRound, takeLease } from "@pergola/lambda";
import { beforeEach, expect, it } from "vitest";
import { watchedDomain } from "../harness/domain-verifications.ts";

const scope = { account: "123456789012", region: "us-west-2" };
const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const seen: TxtResolver = { resolveTxt: async () => ["vpc-lattice:abc"] };

let store: ConfigStore;
beforeEach(() => {
  store = openMemoryStore();
});

async function addDomains(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const id = `dv-${String(index).padStart(17, "0")}`;
    await store.transact(watchedDomain(id, { domainName: `d${index}.example.com` }).writes);
  }
}

async function verifiedCount(): Promise<number> {
  const { items } = await store.list<DomainVerification>(owners.domainVerifications(scope), { limit: 100 });
  return items.filter(({ value }) => value.status === "VERIFIED").length;
}

const round = (resolver: TxtResolver, durationMs: number) =>
  runVerificationRound({ store, clock: systemClock, resolver, logger }, durationMs);

it("without domains a round reads once and takes no lease", async () => {
  expect(await round(seen, 1_000)).toBe("idle");
  expect(await store.get({ owner: "domain-verification", id: "lease" })).toBeUndefined();
});

it("rounds that run out of time go on where the one before stopped, until every domain had its turn", async () => {
  await addDomains(40);
  const asked: string[] = [];
  const slow: TxtResolver = {
    async resolveTxt(name) {
      asked.push(name);
      await new Promise((resolve) => setTimeout(resolve, 60));
      return [];
    },
  };
  const outcomes: string[] = [];
  do outcomes.push(await round(slow, 100));
  while (outcomes.at(-1) === "to be continued" && outcomes.length < 50);

  expect(outcomes.length).toBeGreaterThan(1);
  expect(outcomes.at(-1)).toBe("done");
  expect(asked).toHaveLength(40);
  expect(new Set(asked).size).toBe(40);
  expect(await round(seen, 10_000)).toBe("done");
  expect(await verifiedCount()).toBe(40);
});

it("of two rounds at once one works, and a lease that was left behind keeps the next out only until its time", async () => {
  await addDomains(3);
  const outcomes = await Promise.all([round(seen, 1_000), round(seen, 1_000)]);
  expect(outcomes.sort()).toEqual(["done", "elsewhere"]);

  const key = { owner: "domain-verification", id: "lease" };
  await takeLease(store, key, systemClock.now().getTime() + 60, systemClock);
  expect(await round(seen, 1_000)).toBe("elsewhere");
  await new Promise((resolve) => setTimeout(resolve, 80));
  expect(await round(seen, 1_000)).toBe("done");
});

it("a round that was held up past its lease changes nothing any more", async () => {
  await addDomains(1);
  let stolen = false;
  const thief: TxtResolver = {
    async resolveTxt() {
      // Another round has taken the lease over while this lookup stood still.
      const key = { owner: "domain-verification", id: "lease" };
      const held = await store.get(key);
      await store.transact([{ kind: "put", key, value: { until: 0 }, expect: { version: held?.version ?? "" } }]);
      stolen = true;
      return ["vpc-lattice:abc"];
    },
  };
  await round(thief, 1_000);
  expect(stolen).toBe(true);
  expect(await verifiedCount()).toBe(0);
});
