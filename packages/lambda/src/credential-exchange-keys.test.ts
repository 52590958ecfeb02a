import { expect, it } from "vitest";
import type { Api } from "./api.ts";
import { openSessionKeys, withSessionKeys, withSessionKeysOfApi } from "./credential-exchange-keys.ts";
import type { EventRequest } from "./events/event-request.ts";
import type { FunctionUrlEvent } from "./events/function-url-event.ts";
import type { Router } from "./router.ts";

const connection = { region: "us-west-2", endpoint: "http://127.0.0.1:9" };

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

it.each([
  ["the exchange has made none yet", { get: async () => undefined }],
  ["the store is away", { get: () => Promise.reject(new Error("away")) }],
])("requests go on without session keys when %s, and the log says so", async (_case, store) => {
  const { errors, keys } = open({ PERGOLA_KMS_KEY_ID: "alias/pergola" }, store);
  await keys.refresh();
  expect(keys.current()).toBeUndefined();
  expect(errors).toHaveLength(1);
});

it("session keys are looked after only for requests that carry a session token, before they are answered", async () => {
  const order: string[] = [];
  const api = { answer: async () => void order.push("api") } as unknown as Api;
  const router = { answer: async () => void order.push("answer") } as unknown as Router;
  const keys = { current: () => undefined, refresh: async () => void order.push("refresh") };
  const request = (...rawHeaders: string[]) => ({ head: { rawHeaders } }) as unknown as EventRequest;
  const [output, context] = [{}, {}] as [Parameters<Router["answer"]>[1], Parameters<Router["answer"]>[2]];
  const keyed = withSessionKeys(router, keys);

  await keyed.answer(request("host", "web"), output, context);
  await keyed.answer(request("X-Amz-Security-Token", "t"), output, context);

  const keyedApi = withSessionKeysOfApi(api, keys);
  await keyedApi.answer({ headers: { host: "web" } } as unknown as FunctionUrlEvent);
  await keyedApi.answer({ headers: { "x-amz-security-token": "t" } } as unknown as FunctionUrlEvent);

  expect(order).toEqual(["answer", "refresh", "answer", "api", "refresh", "api"]);
});
