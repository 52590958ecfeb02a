import { X509Certificate } from "node:crypto";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { type Certificate, certificateKey, createCertificateKeys } from "@pergola/control-plane";
import { type ConfigStore, openMemoryStore, owners, type ServiceSnapshot } from "@pergola/core";
import { newSealingKey } from "@pergola/iam";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { issueAuthority, issueLeaf, type KeyPair } from "./certificate-issuer.ts";
import { createImportedCertificates, firstOf, type ImportedCertificates } from "./imported-certificates.ts";

const scope = { account: "123456789012", region: "us-west-2" };
const arnOf = (id: string, account = scope.account): string => `arn:aws:acm:us-west-2:${account}:certificate/${id}`;
const keys = createCertificateKeys({ keys: [newSealingKey(new Date())] });

let authority: KeyPair;
beforeAll(async () => {
  authority = await issueAuthority(new Date());
});

let store: ConfigStore;
let imported: ImportedCertificates;
let faults: string[];
let time: number;
beforeEach(() => {
  store = openMemoryStore();
  faults = [];
  time = Date.now();
  const logger = { info: () => {}, warn: () => {}, error: (message: string) => void faults.push(message) };
  imported = createImportedCertificates({ store, clock: { now: () => new Date(time) }, logger, openKey: keys.openKey });
});
afterEach(async () => {
  imported.close();
  await store.close();
});

const put = (owner: string, id: string, value: object) =>
  store.transact([{ kind: "put", key: { owner, id }, value, expect: "any" }]);

async function service(name: string, more: Partial<ServiceSnapshot> = {}): Promise<void> {
  const id = "svc-0123456789abcdef0";
  await put(owners.serviceSnapshots, id, { serviceId: id, customDomainName: name, ...scope, ...more });
  await put(owners.domain(name), id, { id });
}

interface Stored {
  readonly account?: string;
  readonly importedAt?: string;
  readonly days?: number;
  readonly sealedKey?: string;
}

async function certificate(id: string, names: readonly string[], more: Stored = {}): Promise<string> {
  const { account = scope.account, importedAt = "2026-01-01T00:00:00.000Z", days = 30 } = more;
  const made = await issueLeaf(authority, "test.example.com", new Date(), days);
  const value: Partial<Certificate> = {
    ...scope,
    account,
    id,
    arn: arnOf(id, account),
    certificate: made.certificate,
    sealedKey: more.sealedKey ?? keys.sealKey(made.key),
    names,
    notBefore: new Date(Date.now() - 86_400_000).toISOString(),
    notAfter: new Date(Date.now() + days * 86_400_000).toISOString(),
    importedAt,
  };
  const key = certificateKey({ ...scope, account }, id);
  await put(key.owner, key.id, value);
  return new X509Certificate(made.certificate).serialNumber;
}

/** @returns the serial number of the certificate that a client is shown for a name, undefined when there is none */
async function served(name: string): Promise<string | undefined> {
  const context = await imported.contextFor(name);
  if (context === undefined) return undefined;
  const server = createServer({ SNICallback: (_, done) => done(null, context) });
  server.on("tlsClientError", () => {});
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  try {
    const { port } = server.address() as AddressInfo;
    return await new Promise<string | undefined>((done, fail) => {
      const socket = connect({ host: "127.0.0.1", port, servername: name, rejectUnauthorized: false }, () => {
        done(socket.getPeerX509Certificate()?.serialNumber);
        socket.destroy();
      });
      socket.once("error", fail);
    });
  } finally {
    server.close();
  }
}

it("a generated name is served with a certificate that covers it, as long as there is such a service", async () => {
  const name = "shop-0123456789abcdef0.7d67968.vpc-lattice-svcs.us-west-2.mesh.example.com";
  const serial = await certificate("a", [`*.${name.split(".").slice(1).join(".")}`]);
  expect(await served(name)).toBeUndefined();
  await service("shop.example.com", { domainName: name });
  expect(await served(name)).toBe(serial);
  expect(await served(name.replace("shop-", "other-"))).toBeUndefined();
});

describe("a custom domain name", () => {
  it("is served with the certificate that its service names, whatever else covers it", async () => {
    await certificate("other", ["shop.example.com"], { importedAt: "2026-02-01T00:00:00.000Z" });
    const named = await certificate("named", ["*.example.com"]);
    await service("shop.example.com", { certificateArn: arnOf("named") });

    expect(await served("Shop.example.com")).toBe(named);
  });

  it("is served with one that covers it: its own before a wildcard, the newest first", async () => {
    await service("shop.example.com");
    expect(await served("shop.example.com")).toBeUndefined();
    const wildcard = await certificate("wild", ["*.example.com"], { importedAt: "2026-03-01T00:00:00.000Z" });
    expect(await served("shop.example.com")).toBe(wildcard);
    const exact = await certificate("exact", ["shop.example.com"]);
    expect(await served("shop.example.com")).toBe(exact);
    const newer = await certificate("newer", ["shop.example.com"], { importedAt: "2026-02-01T00:00:00.000Z" });
    expect(await served("shop.example.com")).toBe(newer);
  });

  it.each<[string, () => Promise<unknown>]>([
    ["covers other names only", () => certificate("a", ["example.com", "*.shop.example.com", "shop.example.org"])],
    ["is another account's", () => certificate("a", ["shop.example.com"], { account: "999900001111" })],
    ["has a key that was sealed elsewhere", () => certificate("a", ["shop.example.com"], { sealedKey: "AAAA" })],
  ])("is not served with a certificate that %s", async (_, add) => {
    await service("shop.example.com", { certificateArn: arnOf("a", "999900001111") });
    await add();

    expect(await served("shop.example.com")).toBeUndefined();
  });

  it("is served anew as certificates end, and as they and services go", async () => {
    const serial = await certificate("a", ["shop.example.com"], { days: 1 });
    await service("shop.example.com", { certificateArn: arnOf("a") });
    expect(await served("shop.example.com")).toBe(serial);
    time += 2 * 86_400_000;
    expect(await served("shop.example.com")).toBeUndefined();
    const next = await certificate("a", ["shop.example.com"]);
    expect(await served("shop.example.com")).toBe(next);
    const key = { owner: owners.domain("shop.example.com"), id: "svc-0123456789abcdef0" };
    await store.transact([{ kind: "delete", key, expect: "any" }]);
    expect(await served("shop.example.com")).toBeUndefined();
  });

  it("whose certificate's key cannot be opened says so, and goes to the next source", async () => {
    await service("shop.example.com");
    await certificate("a", ["shop.example.com"], { sealedKey: "AAAA" });
    const asked: string[] = [];
    const next = { contextFor: async (name: string) => void asked.push(name) };

    await firstOf(imported, next).contextFor("shop.example.com");

    expect(asked).toEqual(["shop.example.com"]);
    expect(faults).toHaveLength(1);
  });
});
