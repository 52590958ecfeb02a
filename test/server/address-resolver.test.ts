import { askServer, createAddressResolver } from "@pergola/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type DnsServer, startDnsServer } from "../harness/dns-server.ts";

let server: DnsServer;
let now = Date.parse("2026-11-25T10:00:00Z");
const clock = { now: () => new Date(now) };
beforeEach(async () => {
  server = await startDnsServer();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

it("asks the server once for as long as the answer stands, however many want to know", async () => {
  server.addresses.set("db.internal", ["10.0.0.1", "10.0.0.2"]);
  const resolver = createAddressResolver(clock, askServer(server.address));

  const answers = await Promise.all(["db.internal", "DB.internal"].map((name) => resolver.addressesOf(name, "IPV4")));
  expect(answers).toEqual([
    ["10.0.0.1", "10.0.0.2"],
    ["10.0.0.1", "10.0.0.2"],
  ]);
  now += 59_000;
  await resolver.addressesOf("db.internal", "IPV4");
  expect(server.asked).toEqual(["db.internal"]);
  now += 2_000;
  server.addresses.set("db.internal", ["10.0.0.3"]);
  expect(await resolver.addressesOf("db.internal", "IPV4")).toEqual(["10.0.0.3"]);
});

it("knows names that are not there, and names without addresses of the family, from servers that fail", async () => {
  server.addresses.set("db.internal", ["10.0.0.1"]);
  server.records.set("broken.internal", "SERVFAIL");
  const resolver = createAddressResolver(clock, askServer(server.address));

  expect(await resolver.addressesOf("absent.internal", "IPV4")).toEqual([]);
  expect(await resolver.addressesOf("db.internal", "IPV6")).toEqual([]);
  await expect(resolver.addressesOf("broken.internal", "IPV4")).rejects.toThrow("ESERVFAIL");
});

it("goes on with the last answer for five minutes when the server fails", async () => {
  server.addresses.set("db.internal", ["10.0.0.1"]);
  const resolver = createAddressResolver(clock, askServer(server.address));
  await resolver.addressesOf("db.internal", "IPV4");
  server.records.set("db.internal", "SERVFAIL");

  now += 299_000;
  expect(await resolver.addressesOf("db.internal", "IPV4")).toEqual(["10.0.0.1"]);
  now += 2_000;
  await expect(resolver.addressesOf("db.internal", "IPV4")).rejects.toThrow("ESERVFAIL");
});

it("looks names up like the system when no server is given", async () => {
  expect(await createAddressResolver(clock).addressesOf("localhost", "IPV4")).toEqual(["127.0.0.1"]);
  expect(await createAddressResolver(clock).addressesOf("no-such-name.invalid", "IPV4")).toEqual([]);
});

it("keeps the names that were asked for last, a thousand of them", async () => {
  let asked = 0;
  const resolver = createAddressResolver(clock, async () => {
    asked += 1;
    return { addresses: ["10.0.0.1"], ttl: 60 };
  });
  for (let i = 0; i <= 1_000; i += 1) await resolver.addressesOf(`n${i}.internal`, "IPV4");
  await resolver.addressesOf("n1000.internal", "IPV4");
  expect(asked).toBe(1_001);
  await resolver.addressesOf("n0.internal", "IPV4");
  expect(asked).toBe(1_002);
});
