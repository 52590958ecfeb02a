import { createHash, createHmac, X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { loadSettings, type RunningServer, startServer } from "@pergola/server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeCertificate } from "../harness/certificates.ts";
import { callJson } from "../harness/json-api.ts";
import { newListener } from "../harness/lattice-resources.ts";

let dir: string;
let server: RunningServer | undefined;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "pergola-companions-"));
});
afterEach(async () => {
  await server?.close(0);
  server = undefined;
  await rm(dir, { recursive: true });
});

const silent = { info: () => {}, warn: () => {}, error: () => {} };
async function start(flags: Record<string, string | boolean> = {}): Promise<RunningServer> {
  const ports = { apiPort: "0", httpPort: "0", httpsPort: "0" };
  server = await startServer(loadSettings({}, { ...ports, ...flags }, dir), silent);
  return server;
}

async function handshake(port: number, servername: string, ca: string): Promise<string | undefined> {
  return new Promise((done, fail) => {
    const socket = connect({ host: "127.0.0.1", port, servername, ca }, () => {
      done(socket.getPeerX509Certificate()?.serialNumber);
      socket.destroy();
    });
    socket.once("error", fail);
  });
}

describe("a certificate that is imported", () => {
  it("is served for the custom domain name of a service, also after a restart", async () => {
    const authority = await makeCertificate([]);
    const leaf = await makeCertificate(["shop.example.com"], { issuer: authority });
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const first = await start();
    const client = new VPCLattice({
      endpoint: first.apiUrl,
      region: "us-west-2",
      credentials: { accessKeyId: "any", secretAccessKey: "any" },
    });
    const service = await client.createService({ name: "shop", customDomainName: "shop.example.com" });
    await newListener(client, service.id ?? "", { protocol: "HTTPS" });
    client.destroy();
    const local = await handshake(first.httpsPort ?? 0, "shop.example.com", authority.certificate).catch(
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    );

    const { status } = await callJson(first.apiUrl, "CertificateManager.ImportCertificate", {
      Certificate: base64(leaf.certificate),
      PrivateKey: base64(leaf.privateKey),
      CertificateChain: base64(authority.certificate),
    });
    const { serialNumber } = new X509Certificate(leaf.certificate);
    const before = await handshake(first.httpsPort ?? 0, "shop.example.com", authority.certificate);
    await first.close(0);
    const second = await start();

    expect(status).toBe(200);
    expect(local).toMatch(/CERT|SIGNATURE|ISSUER/);
    expect(before).toBe(serialNumber);
    expect(await handshake(second.httpsPort ?? 0, "shop.example.com", authority.certificate)).toBe(serialNumber);
  });
});

describe("a server that requires signatures", () => {
  const secret = "a-secret-of-some-length";

  /** A signature written down step by step, for this one request. Source: IAM user guide, "Create a signed AWS API request". */
  function signed(url: string, service: string, target: string, body: string): Record<string, string> {
    const stamp = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
    const scope = `${stamp.slice(0, 8)}/us-west-2/${service}/aws4_request`;
    const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
    const names = "host;x-amz-date;x-amz-target";
    const headers = `host:${new URL(url).host}\nx-amz-date:${stamp}\nx-amz-target:${target}\n`;
    const request = `POST\n/\n\n${headers}\n${names}\n${hash(body)}`;
    const toSign = `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${hash(request)}`;
    const key = scope
      .split("/")
      .reduce<string | Buffer>((inner, part) => createHmac("sha256", inner).update(part).digest(), `AWS4${secret}`);
    const signature = createHmac("sha256", key).update(toSign).digest("hex");
    return {
      "x-amz-date": stamp,
      "x-amz-target": target,
      authorization: `AWS4-HMAC-SHA256 Credential=AKIAADMIN/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    };
  }

  it.each([
    ["ResourceGroupsTaggingAPI_20170126.GetResources", "tagging", 200],
    ["ResourceGroupsTaggingAPI_20170126.GetResources", "vpc-lattice", 403],
    ["ResourceGroupsTaggingAPI_20170126.GetResources", "acm", 403],
    ["CertificateManager.ListCertificates", "acm", 200],
    ["CertificateManager.ListCertificates", "tagging", 403],
  ])("takes %s signed for %s: %i", async (target, service, expected) => {
    const principal = "arn:aws:iam::123456789012:user/admin";
    const config = { identities: [{ accessKeyId: "AKIAADMIN", secretAccessKey: secret, principal }] };
    await writeFile(join(dir, "pergola.json"), JSON.stringify(config), { mode: 0o600 });
    const { apiUrl } = await start({ requireAuth: true });

    const response = await fetch(apiUrl, {
      method: "POST",
      headers: signed(apiUrl, service, target, "{}"),
      body: "{}",
    });
    const unsigned = await fetch(apiUrl, { method: "POST", headers: { "x-amz-target": target }, body: "{}" });

    expect(response.status).toBe(expected);
    expect(unsigned.status).toBe(403);
  });
});
