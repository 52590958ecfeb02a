import { setTimeout as delay } from "node:timers/promises";
import { type DomainVerification, type Logger, openMemoryStore, owners, systemClock } from "@pergola/core";
import { expect, it } from "vitest";
import { startDnsServer } from "../../test/dns-server.ts";
import { startDomainVerifier } from "./domain-verifier.ts";
import { createTxtResolver } from "./txt-resolver.ts";

const scope = { account: "123456789012", region: "us-west-2" };
const id = "dv-0123456789abcdef0";
const key = { owner: owners.domainVerifications(scope), id };

async function storeWith(verification: Partial<DomainVerification>): Promise<ReturnType<typeof openMemoryStore>> {
  const store = openMemoryStore();
  const time = systemClock.now().toISOString();
  const value: DomainVerification = {
    ...scope,
    id,
    arn: `arn:aws:vpc-lattice:us-west-2:123456789012:domainverification/${id}`,
    createdAt: time,
    lastUpdatedAt: time,
    tags: {},
    domainName: "example.com",
    status: "PENDING",
    txtMethodConfig: { name: "_abc", value: "vpc-lattice:abc" },
    ...verification,
  };
  await store.transact([
    { kind: "put", key, value, expect: "absent" },
    { kind: "put", key: { owner: owners.watchedDomains, id }, value: { id, ...scope }, expect: "absent" },
  ]);
  return store;
}

function recordingLogger(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const write = (message: string): void => void lines.push(message);
  return { lines, info: write, warn: write, error: write };
}

async function eventually(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (await isTrue()) return;
    await delay(10);
  }
  throw new Error("did not come true within five seconds");
}

it("a domain is verified soon after its record is placed, and rounds end with close", async () => {
  await using dns = await startDnsServer();
  const store = await storeWith({});
  const logger = recordingLogger();
  const ports = { store, clock: systemClock, resolver: createTxtResolver(dns.address) };
  const verifier = startDomainVerifier(ports, logger, 10);
  const status = async () => (await store.get<DomainVerification>(key))?.value.status;

  await delay(50);
  const before = await status();
  dns.records.set("_abc.example.com", [["vpc-lattice:abc"]]);
  await eventually(async () => (await status()) === "VERIFIED");
  await verifier.close();
  await store.close();
  await delay(50);

  expect(before).toBe("PENDING");
  expect(logger.lines).toEqual(["a domain is verified"]);
});

it("a DNS that fails and a store that fails are told, and the next round comes", async () => {
  await using dns = await startDnsServer();
  dns.records.set("_abc.example.com", "SERVFAIL");
  const store = await storeWith({});
  const logger = recordingLogger();
  const ports = { store, clock: systemClock, resolver: createTxtResolver(dns.address) };
  const verifier = startDomainVerifier(ports, logger, 10);

  const failed = "a domain could not be looked up";
  await eventually(() => logger.lines.filter((line) => line === failed).length >= 2);
  await store.close();
  await eventually(() => logger.lines.includes("domain verifications could not be looked up"));
  await verifier.close();

  expect(new Set(logger.lines)).toEqual(new Set([failed, "domain verifications could not be looked up"]));
});
