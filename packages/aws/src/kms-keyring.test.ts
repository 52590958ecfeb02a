import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { type ConfigStore, openMemoryStore } from "@pergola/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type KmsRequest, localKms } from "../test/local-kms.ts";
import { createKmsKeyring, type KmsKeyring, type KmsKeyringOptions } from "./kms-keyring.ts";

const start = Date.parse("2026-11-23T12:00:00Z");
const minute = 60_000;
const hour = 60 * minute;
const signal = AbortSignal.timeout(60_000);

/** A stand-in for KMS over HTTP. */
class LocalKms {
  readonly calls: string[] = [];
  isAway = false;
  #answer = localKms();
  #server: Server = createServer(async (request, response) => {
    const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
    this.calls.push(operation);
    const input = (await json(request)) as KmsRequest;
    const answer = this.isAway ? undefined : this.#answer(operation, input);
    response.writeHead(answer ? 200 : 400, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(answer ?? { __type: "KMSInvalidStateException", message: "not now" }));
  });

  async open(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe("a keyring that KMS wraps", () => {
  let kms: LocalKms;
  let endpoint: string;
  let store: ConfigStore;
  let time: number;
  let warnings: unknown[];
  const opened: KmsKeyring[] = [];

  beforeEach(async () => {
    kms = new LocalKms();
    endpoint = await kms.open();
    store = openMemoryStore();
    time = start;
    warnings = [];
  });
  afterEach(async () => {
    for (const keyring of opened.splice(0)) await keyring.close();
    kms.close();
  });

  const open = (changes: Partial<KmsKeyringOptions> = {}): KmsKeyring => {
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
    const keyring = createKmsKeyring({
      kms: { region: "us-west-2", endpoint, credentials },
      keyId: "alias/pergola",
      store,
      writer: store,
      clock: { now: () => new Date(time) },
      logger: { info: () => {}, warn: (...all) => void warnings.push(all) },
      ...changes,
    });
    opened.push(keyring);
    return keyring;
  };
  const ids = async (keyring: KmsKeyring): Promise<string[]> => (await keyring.load(signal)).keys.map(({ id }) => id);
  const replace = async (change: (text: string) => string): Promise<void> => {
    const key = { owner: "keyrings", id: "session" };
    const stored = await store.get(key);
    await store.transact([
      { kind: "put", key, value: JSON.parse(change(JSON.stringify(stored?.value))), expect: "any" },
    ]);
  };

  it("begins with one key, which every process has", async () => {
    const [key] = (await open().load(signal)).keys;

    expect(key?.key).toHaveLength(32);
    expect((await open({ writer: undefined }).load(signal)).keys).toEqual([key]);
  });

  it("asks KMS once at a cold start, and not again", async () => {
    await open().load(signal);
    kms.calls.length = 0;
    const reader = open({ writer: undefined });

    for (let i = 0; i < 100; i += 1) {
      await reader.load(signal);
      time += minute;
    }
    await Promise.all(Array.from({ length: 50 }, () => open({ writer: undefined }).load(signal)));

    expect(kms.calls.slice(0, 2)).toEqual(["Decrypt", "Decrypt"]);
    expect(kms.calls).toHaveLength(51);
  });

  it("is one key when many processes begin at once", async () => {
    const found = await Promise.all(Array.from({ length: 8 }, () => ids(open())));
    expect(new Set(found.flat()).size).toBe(1);
  });

  it("keeps no key in the store that anybody could read", async () => {
    const [key] = (await open().load(signal)).keys;
    const stored = JSON.stringify(await store.get({ owner: "keyrings", id: "session" }));
    for (const form of ["base64", "base64url", "hex"] as const) expect(stored).not.toContain(key?.key.toString(form));
  });

  it("seals with a new key only when every reader has had the time to learn of it", async () => {
    const issuer = open();
    const reader = open({ writer: undefined });
    const [first = ""] = await ids(issuer);
    await reader.load(signal);
    time += 24 * hour;

    const announced = await ids(issuer);
    expect(announced).toHaveLength(2);
    expect(announced[0]).toBe(first);
    expect((await ids(reader)).toSorted()).toEqual(announced.toSorted());

    time += 10 * minute;
    expect(await ids(issuer)).toEqual(announced.toReversed());
  });

  it("drops a key when what it sealed is over", async () => {
    const issuer = open();
    const [first = ""] = await ids(issuer);
    const counts: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      time += 24 * hour;
      const found = await ids(issuer);
      counts.push(found.length);
      expect(found.includes(first)).toBe(i < 2);
    }
    expect(counts).toEqual([2, 3, 3, 3]);
  });

  it("goes on with the old key while KMS is away at its rotation, and rotates when it is back", async () => {
    const issuer = open();
    const before = await ids(issuer);
    time += 30 * hour;
    kms.isAway = true;

    expect(await ids(issuer)).toEqual(before);
    expect(warnings).toHaveLength(1);

    kms.isAway = false;
    time += minute / 2;
    expect(await ids(issuer)).toHaveLength(2);
  });

  it("goes on with the keys it knows while the store is away, and asks it twice a minute", async () => {
    const away = { get: store.get };
    const reader = open({ store: { get: (...all) => away.get(...all) as never } });
    const before = await ids(reader);
    away.get = () => Promise.reject(new Error("away"));
    time += hour;
    for (let second = 0; second < 60; second += 1) {
      expect(await ids(reader)).toEqual(before);
      time += 1_000;
    }
    expect(warnings).toHaveLength(2);
  });

  it("is out of force everywhere within a minute when its item is deleted, and the exchange makes another", async () => {
    const issuer = open();
    const reader = open({ writer: undefined });
    const [before = ""] = await ids(issuer);
    await reader.load(signal);
    await store.transact([{ kind: "delete", key: { owner: "keyrings", id: "session" }, expect: "any" }]);
    time += minute;

    await expect(reader.load(signal)).rejects.toThrow("the credential exchange makes the first");
    expect(reader.current()).toBeUndefined();
    const after = await ids(issuer);
    expect(after).toHaveLength(1);
    expect(after).not.toContain(before);
    expect(await ids(reader)).toEqual(after);
  });

  it("has no keys where KMS was away from the beginning, says so, and tries again", async () => {
    kms.isAway = true;
    const issuer = open();
    await expect(issuer.load(signal)).rejects.toThrow("not now");
    expect(issuer.current()).toBeUndefined();
    kms.isAway = false;
    expect(await ids(issuer)).toHaveLength(1);
  });

  it("is not made by those that only read", async () => {
    const reader = open({ writer: undefined });
    await expect(reader.load(signal)).rejects.toThrow("the credential exchange makes the first");
    expect(kms.calls).toEqual([]);
  });

  it.each<readonly [string, (text: string) => string]>([
    ["changed", (text) => text.replace(/"keys":"(.)/, (_, one: string) => `"keys":"${one === "A" ? "B" : "A"}`)],
    ["cut off", (text) => text.replace(/"keys":"[^"]*"/, '"keys":"AAAA"')],
    ["of another form", (text) => text.replace('"version":1', '"version":2')],
    ["wrapped by another key", (text) => text.replace(/"wrappedKey":"[^"]*"/, `"wrappedKey":"${"A".repeat(80)}"`)],
  ])("is not believed when its item is %s", async (_case, change) => {
    await open().load(signal);
    await replace(change);
    await expect(open().load(signal)).rejects.toThrow();
  });

  it("does not open under another name or with another KMS key", async () => {
    await open().load(signal);
    const { value } = (await store.get({ owner: "keyrings", id: "session" })) ?? {};
    await store.transact([{ kind: "put", key: { owner: "keyrings", id: "other" }, value, expect: "absent" }]);
    await expect(open({ name: "other" }).load(signal)).rejects.toThrow();
    await expect(open({ keyId: "alias/attacker" }).load(signal)).rejects.toThrow();
  });

  it("lets one who leaves go, and loads for the others", async () => {
    const issuer = open();
    const leaving = new AbortController();
    const left = issuer.load(leaving.signal);
    const stays = issuer.load(signal);
    leaving.abort(new Error("left"));
    await expect(left).rejects.toThrow("left");
    expect((await stays).keys).toHaveLength(1);
  });
});
