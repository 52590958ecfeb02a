import { createTxtResolver } from "@pergola/control-plane";
import { expect, it } from "vitest";
import { startDnsServer } from "../harness/dns-server.ts";

it("TXT records come with their strings joined", async () => {
  await using dns = await startDnsServer();
  dns.records.set("_a.example.com", [["vpc-lattice:0123"], ["v=spf1 ", "-all"]]);

  const records = await createTxtResolver(dns.address).resolveTxt("_a.example.com");

  expect([...records].sort()).toEqual(["v=spf1 -all", "vpc-lattice:0123"]);
});

it("a name that is not there, or has no text, has no records", async () => {
  await using dns = await startDnsServer();
  dns.records.set("empty.example.com", []);
  const resolver = createTxtResolver(dns.address);

  expect(await resolver.resolveTxt("_a.example.com")).toEqual([]);
  expect(await resolver.resolveTxt("empty.example.com")).toEqual([]);
});

it("a server that fails is an error, and not the absence of records", async () => {
  await using dns = await startDnsServer();
  dns.records.set("_a.example.com", "SERVFAIL");

  await expect(createTxtResolver(dns.address).resolveTxt("_a.example.com")).rejects.toThrow(/ESERVFAIL/);
});
