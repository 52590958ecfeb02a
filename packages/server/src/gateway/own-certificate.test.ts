import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@pergola/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { issueAuthority, issueLeaf, type KeyPair } from "../tls/certificate-issuer.ts";
import { OwnCertificateError, openOwnCertificate } from "./own-certificate.ts";

const folder = mkdtempSync(join(tmpdir(), "own-certificate-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "tls.pem");

let authority: KeyPair;
let leaf: { certificate: string; key: string };
let other: { certificate: string; key: string };
beforeAll(async () => {
  authority = await issueAuthority(new Date());
  leaf = await issueLeaf(authority, "a.example.com", new Date(), 30);
  other = await issueLeaf(authority, "b.example.com", new Date(), 3);
});

const lines: string[] = [];
const note = (message: string): void => void lines.push(message);
const logger = { info: note, warn: note, error: note };
const open = (pem: string) => openOwnCertificate({ files: [], pem, clock: systemClock, logger });

it("a certificate serves the names that it has, and no other", async () => {
  const own = await open(`${leaf.key}\n${leaf.certificate}\n${authority.certificate}`);
  expect(await own.contextFor("a.example.com")).toBeDefined();
  expect(await own.contextFor("b.example.com")).toBeUndefined();
  expect(await own.contextFor("")).toBeUndefined();
  expect(lines).toEqual([]);
  own.close();
});

it("a renewed file is in force soon; one that is broken leaves the certificate before", async () => {
  writeFileSync(file, `${leaf.certificate}\n${leaf.key}`);
  const own = await openOwnCertificate({ files: [file], clock: systemClock, logger, rereadMs: 10 });
  const serves = async (name: string): Promise<boolean> => (await own.contextFor(name)) !== undefined;

  writeFileSync(file, leaf.certificate);
  await expect.poll(() => lines).toContain("the certificate cannot be read: the one before goes on");
  expect(await serves("a.example.com")).toBe(true);
  writeFileSync(file, `${other.certificate}\n${other.key}`);
  await expect.poll(() => serves("b.example.com")).toBe(true);
  expect(await serves("a.example.com")).toBe(false);
  await expect.poll(() => lines).toContain("the certificate ends soon");
  own.close();
});

it.each<readonly [string, () => string, RegExp]>([
  ["nothing", () => "", /there is no certificate/],
  ["no key", () => leaf.certificate, /there is no private key/],
  ["another's key", () => leaf.certificate + other.key, /not that of the first certificate/],
  ["a damaged certificate", () => leaf.certificate.replace(/\n.{20}/, "\n") + leaf.key, /cannot be read/],
  ["too much", () => "x".repeat(200_000), /more than 131072 characters/],
])("a gateway does not begin with %s", async (_case, pem, message) => {
  await expect(open(pem())).rejects.toThrow(OwnCertificateError);
  await expect(open(pem())).rejects.toThrow(message);
});
