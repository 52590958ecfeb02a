import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, connect, createServer, type SecureContext } from "node:tls";
import { openMemoryStore, owners, type ServiceSnapshot } from "@pergola/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLeafCertificates } from "./leaf-certificates.ts";
import { type LocalCa, openLocalCa } from "./local-ca.ts";
import { createServedNames } from "./served-names.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "pergola-tls-"));
});
afterEach(() => rm(dir, { recursive: true }));

const dayMs = 86_400_000;
const now = (): Date => new Date();

describe("the local authority", () => {
  it("is made once, with a key for its owner alone", async () => {
    const first = await openLocalCa(dir, now());
    const second = await openLocalCa(dir, now());

    expect(second).toEqual(first);
    expect((await stat(join(dir, "ca-key.pem"))).mode & 0o777).toBe(0o600);
    expect((await readdir(dir)).sort()).toEqual(["ca-key.pem", "ca.pem"]);
    const certificate = new X509Certificate(first.certificate);
    expect(certificate.ca).toBe(true);
    expect(new Date(certificate.validTo).getTime() - Date.now()).toBeGreaterThan(3_649 * dayMs);
  });

  it("is made anew after a first start that was interrupted", async () => {
    await openLocalCa(dir, now());
    await rm(join(dir, "ca.pem"));
    await writeFile(join(dir, `ca.pem.1.tmp`), "-----BEGIN");

    const ca = await openLocalCa(dir, now());

    expect(
      new X509Certificate(ca.certificate).checkPrivateKey((await import("node:crypto")).createPrivateKey(ca.key)),
    ).toBe(true);
    expect(await openLocalCa(dir, now())).toEqual(ca);
  });

  it.each([
    ["lost its key", async () => rm(join(dir, "ca-key.pem")), "lost its key"],
    ["is damaged", async () => writeFile(join(dir, "ca.pem"), "-----BEGIN CERTIFICATE-----\nAAAA"), "damaged"],
    [
      "has another's key",
      async () => {
        const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
        await writeFile(join(dir, "ca-key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
      },
      "belongs to another certificate",
    ],
  ])("that %s is refused, and the error says what to do", async (_what, break_, message) => {
    await openLocalCa(dir, now());
    await break_();
    const before = await readFile(join(dir, "ca.pem"), "utf8");

    await expect(openLocalCa(dir, now())).rejects.toThrow(message);
    await expect(openLocalCa(dir, now())).rejects.toThrow("remove ");
    expect(await readFile(join(dir, "ca.pem"), "utf8")).toBe(before);
  });

  it("that has ended is refused", async () => {
    await openLocalCa(dir, now());

    await expect(openLocalCa(dir, new Date(Date.now() + 3_651 * dayMs))).rejects.toThrow("ended on");
  });
});

/** A handshake by a client that trusts `ca` and nothing else. @returns the certificate's names */
async function handshake(
  ca: LocalCa,
  contextFor: (name: string) => Promise<SecureContext | undefined>,
  name: string,
  options: ConnectionOptions = {},
) {
  const server = createServer({
    SNICallback: (serverName, done) => {
      contextFor(serverName).then(
        (context) => (context === undefined ? done(new Error("no such name")) : done(null, context)),
        (error: unknown) => done(error as Error),
      );
    },
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  try {
    const { port } = server.address() as AddressInfo;
    return await new Promise<string | undefined>((done, fail) => {
      const socket = connect({ host: "127.0.0.1", port, servername: name, ca: ca.certificate, ...options });
      socket.once("secureConnect", () => {
        done(socket.getPeerX509Certificate()?.subjectAltName);
        socket.destroy();
      });
      socket.once("error", fail);
    });
  } finally {
    server.close();
  }
}

describe("a leaf certificate", () => {
  const served = async (name: string): Promise<boolean> => name.endsWith(".localhost");

  it("is accepted by a client that trusts the authority", async () => {
    const ca = await openLocalCa(dir, now());
    const { contextFor } = createLeafCertificates(ca, served, { now });
    const long = `${"a".repeat(40)}-0123456789abcdef0.7d67968.vpc-lattice-svcs.us-west-2.localhost`;

    expect(await handshake(ca, contextFor, "api.localhost")).toBe("DNS:api.localhost");
    expect(await handshake(ca, contextFor, long)).toBe(`DNS:${long}`);
  });

  it("is refused by a client that trusts another authority", async () => {
    const ca = await openLocalCa(dir, now());
    const other = await openLocalCa(join(dir, "other"), now());
    const { contextFor } = createLeafCertificates(ca, served, { now });

    await expect(handshake(other, contextFor, "api.localhost")).rejects.toThrow();
  });

  it.each(["api.example.com", "*.localhost", "a/../b.localhost", "", `${"a.".repeat(130)}localhost`])(
    "is not made for `%s`",
    async (name) => {
      const ca = await openLocalCa(dir, now());

      expect(await createLeafCertificates(ca, served, { now }).contextFor(name)).toBeUndefined();
    },
  );

  it("has a key of RSA for clients of TLS 1.2, as VPC Lattice's have", async () => {
    const ca = await openLocalCa(dir, now());
    const { contextFor } = createLeafCertificates(ca, served, { now });

    const suite = { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES128-GCM-SHA256" } as const;
    expect(await handshake(ca, contextFor, "api.localhost", suite)).toBe("DNS:api.localhost");
    const static_ = { maxVersion: "TLSv1.2", ciphers: "AES256-SHA" } as const;
    expect(await handshake(ca, contextFor, "other.localhost", static_)).toBe("DNS:other.localhost");
  });

  it("is made once for simultaneous handshakes and kept, whatever the case of the name", async () => {
    const ca = await openLocalCa(dir, now());
    let asked = 0;
    const leaves = createLeafCertificates(ca, async () => ++asked > 0, { now });

    const contexts = await Promise.all([leaves.contextFor("a.localhost"), leaves.contextFor("A.localhost")]);

    expect(contexts[0]).toBe(contexts[1]);
    expect(await leaves.contextFor("a.localhost")).toBe(contexts[0]);
    expect(asked).toBe(1);
  });

  it("is made anew a month before it ends", async () => {
    const ca = await openLocalCa(dir, now());
    let time = Date.now();
    const leaves = createLeafCertificates(ca, served, { now: () => new Date(time) });
    const first = await leaves.contextFor("a.localhost");
    time += 59 * dayMs;
    expect(await leaves.contextFor("a.localhost")).toBe(first);
    time += 2 * dayMs;

    expect(await leaves.contextFor("a.localhost")).not.toBe(first);
  });
});

describe("served names", () => {
  const domainName = "api-0123456789abcdef0.7d67968.vpc-lattice-svcs.us-west-2.localhost";
  const id = "svc-0123456789abcdef0";

  it.each([
    [domainName, true],
    [domainName.replace("localhost", "on.aws"), true],
    ["shop.example.com", true],
    [domainName.replace("api-", "other-"), false],
    [domainName.replace("us-west-2", "eu-west-1"), false],
    [domainName.replace("localhost", "example.com"), false],
    [domainName.replace("def0", "def1"), false],
    ["other.example.com", false],
    ["localhost", false],
  ])("`%s`: %s", async (name, expected) => {
    const store = openMemoryStore();
    const snapshot: Partial<ServiceSnapshot> = { serviceId: id, domainName, region: "us-west-2" };
    await store.transact([
      { kind: "put", key: { owner: owners.serviceSnapshots, id }, value: snapshot, expect: "absent" },
      { kind: "put", key: { owner: owners.domain("shop.example.com"), id }, value: {}, expect: "absent" },
    ]);

    expect(await createServedNames(store)(name)).toBe(expected);
  });
});
