import { beforeAll, expect, it } from "vitest";
import { makeEstatePlanes } from "../estate-planes.ts";
import { inconsistencies } from "./index.ts";
import type { StoreItem } from "./store-items.ts";

/** Every kind of resource, with all that belongs to each. */
let whole: StoreItem[];
beforeAll(async () => {
  await using estate = await (await makeEstatePlanes()).open();
  whole = await estate.items();
});

/** What comes and goes by itself, or belongs to one resource without which it would be missed. */
const alone = /\/(?:history|tokens|targets|auth-policy|resource-policy|endpoint-associations)$/;

it("finds nothing wrong with a store that the API wrote", async () => {
  expect(whole.length).toBeGreaterThan(100);
  expect(await inconsistencies(whole)).toEqual([]);
});

it("misses every item that is gone", async () => {
  const unnoticed: string[] = [];
  for (const gone of whole.filter(({ owner }) => !alone.test(owner))) {
    const wrong = await inconsistencies(whole.filter((item) => item !== gone));
    if (wrong.length === 0) unnoticed.push(`${gone.owner} ${gone.id}`);
  }

  expect(unnoticed).toEqual([]);
});

it("finds every item twice that may be there once, and every one of nothing", async () => {
  const unnoticed: string[] = [];
  for (const one of whole.filter(({ owner }) => !/\/(?:history|tokens|targets|[a-z]+-policy)$/.test(owner))) {
    const id = `${one.id.slice(0, -1)}~`;
    const wrong = await inconsistencies([...whole, { ...one, id }]);
    if (wrong.length === 0) unnoticed.push(`${one.owner} ${id}`);
  }

  expect(unnoticed).toEqual([]);
});

it("finds snapshots and copies that are out of date", async () => {
  const copies = whole.filter(({ owner }) => /^snapshots\/|\/log-subscriptions$|\/associations$/.test(owner));
  expect(copies.length).toBeGreaterThan(8);
  for (const copy of copies) {
    const value = {
      ...(copy.value as object),
      id: "other",
      associationId: "other",
      arn: "other",
      configurationId: "other",
    };
    expect(await inconsistencies(whole.map((item) => (item === copy ? { ...item, value } : item)))).not.toEqual([]);
  }
});

it("knows every kind of item that there is", async () => {
  const unknown = { owner: "something/else", id: "a", value: {} };

  expect(await inconsistencies([...whole, unknown])).toEqual(["nothing is known of items of something/else"]);
});
