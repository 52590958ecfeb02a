import { systemClock } from "@pergola/core";
import { beforeAll, expect, it } from "vitest";
import { issueAuthority, issueLeaf, type KeyPair } from "../tls/certificate-issuer.ts";
import { CertificateFileError } from "../tls/file-certificates.ts";
import { pemCertificate } from "./pem-certificate.ts";

let authority: KeyPair;
let leaf: KeyPair;
let other: KeyPair;
beforeAll(async () => {
  authority = await issueAuthority(new Date());
  leaf = await issueLeaf(authority, "a.example.com", new Date(), 30);
  other = await issueLeaf(authority, "b.example.com", new Date(), 30);
});

const open = (pem: string, served = ["a.example.com", "b.example.com"]) =>
  pemCertificate(pem, systemClock, async (name) => served.includes(name));

it("a certificate serves the names that it has and a service has, whatever the order of its parts", async () => {
  const pem = `${leaf.key}\n${leaf.certificate}\n${authority.certificate}`;
  expect(await open(pem).contextFor("A.example.com")).toBeDefined();
  expect(await open(pem).contextFor("b.example.com")).toBeUndefined();
  expect(await open(pem).contextFor("")).toBeUndefined();
  expect(await open(pem, []).contextFor("a.example.com")).toBeUndefined();
});

it.each<readonly [string, () => string, RegExp]>([
  ["nothing", () => "", /has no certificate in PEM/],
  ["no key", () => leaf.certificate, /has no private key/],
  ["another's key", () => leaf.certificate + other.key, /is not the key of the certificate/],
  ["a damaged certificate", () => leaf.certificate.replace(/\n.{20}/, "\n") + leaf.key, /are no certificate and key/],
  ["too much", () => "x".repeat(200_000), /more than 131072 characters/],
])("a gateway does not begin with %s, and shows nothing of the key", (_case, pem, message) => {
  expect(() => open(pem())).toThrow(CertificateFileError);
  expect(() => open(pem())).toThrow(message);
  expect(() => open(pem())).not.toThrow(leaf.key.split("\n")[1] ?? "");
});
