import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { issueAuthority, issueLeaf, type KeyPair } from "./certificate-issuer.ts";
import { type FileCertificates, openFileCertificates } from "./file-certificates.ts";

let authority: KeyPair;
beforeAll(async () => {
  authority = await issueAuthority(new Date());
});

let dir: string;
let time: number;
let logged: string[];
let opened: FileCertificates | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "pergola-certificates-"));
  time = Date.now();
  logged = [];
});
afterEach(() => {
  opened?.close();
  rmSync(dir, { recursive: true });
});

const at = (name: string): string => join(dir, name);
const files = { certificate: "a.pem", key: "a-key.pem" };
const issue = (name: string, days = 30) => issueLeaf(authority, name, new Date(), days);

function write({ certificate, key }: KeyPair, names = files): void {
  writeFileSync(at(names.certificate), certificate);
  writeFileSync(at(names.key), key, { mode: 0o600 });
}

function open(...names: (typeof files)[]): FileCertificates {
  const note = (message: string): void => void logged.push(message);
  opened = openFileCertificates(
    names.map(({ certificate, key }) => ({ certificate: at(certificate), key: at(key) })),
    {
      clock: { now: () => new Date(time) },
      logger: { info: note, warn: note, error: note },
      isServed: async (name) => name.endsWith(".example.com"),
    },
    10,
  );
  return opened;
}

it("serve the names that they cover and that services have, in any case", async () => {
  write(await issue("*.example.com"));
  const certificates = open(files);

  const context = await certificates.contextFor("orders.example.com");
  expect(context).toBeDefined();
  expect(await certificates.contextFor("ORDERS.example.com")).toBe(context);
  expect(await certificates.contextFor("a.orders.example.com")).toBeUndefined();
  expect(await certificates.contextFor("example.com")).toBeUndefined();
  expect(await certificates.contextFor("orders.example.org")).toBeUndefined();
});

it("serve no name that no service has", async () => {
  write(await issue("orders.example.org"));
  expect(await open(files).contextFor("orders.example.org")).toBeUndefined();
});

it("count in their order, and only while they are in date", async () => {
  const second = { certificate: "b.pem", key: "b-key.pem" };
  write(await issue("orders.example.com", 1));
  write(await issue("orders.example.com", 30), second);
  const certificates = open(files, second);

  const first = await certificates.contextFor("orders.example.com");
  time += 2 * 86_400_000;
  const later = await certificates.contextFor("orders.example.com");
  expect(later).toBeDefined();
  expect(later).not.toBe(first);
  time += 30 * 86_400_000;
  expect(await certificates.contextFor("orders.example.com")).toBeUndefined();
});

it("are read again when they change, and stay as they were while the new ones cannot be used", async () => {
  write(await issue("orders.example.com"));
  const certificates = open(files);
  const before = await certificates.contextFor("orders.example.com");

  const next = await issue("orders.example.com");
  writeFileSync(at("a.pem"), next.certificate);
  await expect.poll(() => logged).toHaveLength(1);
  expect(logged[0]).toContain("cannot be used");
  expect(await certificates.contextFor("orders.example.com")).toBe(before);
  writeFileSync(at("next"), next.key);
  renameSync(at("next"), at("a-key.pem"));
  await expect.poll(() => logged).toHaveLength(2);
  expect(logged[1]).toContain("read again");
  const after = await certificates.contextFor("orders.example.com");
  expect(after).toBeDefined();
  expect(after).not.toBe(before);
  rmSync(at("a.pem"));
  await expect.poll(() => logged).toHaveLength(3);
  expect(await certificates.contextFor("orders.example.com")).toBe(after);
});

it.each<[string, () => Promise<void>, string]>([
  ["a certificate that is not there", async () => rmSync(at("a.pem")), "a.pem cannot be read (ENOENT)"],
  ["a key that is not there", async () => rmSync(at("a-key.pem")), "a-key.pem cannot be read (ENOENT)"],
  ["a certificate that is none", async () => writeFileSync(at("a.pem"), "hello"), "no certificate and key in PEM"],
  ["a key that is none", async () => writeFileSync(at("a-key.pem"), "secret"), "no certificate and key in PEM"],
  [
    "another certificate's key",
    async () => {
      const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      writeFileSync(at("a-key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
    },
    "is not the key of the certificate",
  ],
])("are refused at the start: %s", async (_what, damage, message) => {
  write(await issue("orders.example.com"));
  await damage();
  expect(() => open(files)).toThrow(message);
  expect(() => open(files)).not.toThrow("secret");
});
