import { expect, it } from "vitest";
import { openSessionKeys } from "./credential-exchange-keys.ts";

const connection = { region: "us-west-2", endpoint: "http://127.0.0.1:9" };
const withKmsKey = { PERGOLA_KMS_KEY_ID: "alias/pergola" };

function open(env: Readonly<Record<string, string>>, store = { get: async () => undefined }) {
  const errors: unknown[] = [];
  const logger = { info: () => {}, warn: () => {}, error: (...all: unknown[]) => void errors.push(all) };
  return { errors, keys: openSessionKeys({ env, connection, store, logger }) };
}

it("without a KMS key there are no sessions, and nothing is fetched", async () => {
  const { errors, keys } = open({}, { get: () => Promise.reject(new Error("the store was read")) });
  await keys.refresh();
  expect(keys.current()).toBeUndefined();
  expect(errors).toEqual([]);
});

it("where the exchange has made none yet there are none, and the log says so", async () => {
  const { errors, keys } = open(withKmsKey);
  await keys.refresh();
  expect(keys.current()).toBeUndefined();
  expect(errors).toHaveLength(1);
});

it("whoever needs them hears that the store is away", async () => {
  const { errors, keys } = open(withKmsKey, { get: () => Promise.reject(new Error("away")) });
  await expect(keys.refresh()).rejects.toThrow("away");
  expect(errors).toHaveLength(1);
});
