import { setTimeout as delay } from "node:timers/promises";
import { createTxtResolver } from "@pergola/control-plane";
import { type DomainVerification, type Logger, openMemoryStore, systemClock } from "@pergola/core";
import { expect, it } from "vitest";
import { startDomainVerifier } from "../../packages/server/src/dns/domain-verifier.ts";
import { startDnsServer } from "../harness/dns-server.ts";
import { watchedDomain } from "../harness/domain-verifications.ts";

const { key, writes } = watchedDomain("dv-0123456789abcdef0");

async function storeWithDomain(): Promise<ReturnType<typeof openMemoryStore>> {
  const store = openMemoryStore();
  await store.transact(writes);
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
  const store = await storeWithDomain();
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
  const store = await storeWithDomain();
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
