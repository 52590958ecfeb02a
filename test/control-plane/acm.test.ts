import { createPrivateKey, randomUUID, X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CertificateChoices, makeCertificate, type TestCertificate } from "../harness/certificates.ts";
import {
  account,
  type ControlPlaneHarness,
  otherAccount,
  region,
  startControlPlane,
} from "../harness/control-plane.ts";
import { callJson, type JsonAnswer } from "../harness/json-api.ts";
import { freshName, newService } from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
beforeAll(async () => {
  plane = await startControlPlane({ certificates });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

/** Not a secret keeping, but one that shows what was kept. */
const certificates = { sealKey: (pem: string) => `sealed:${Buffer.from(pem).toString("base64url")}` };

const call = (operation: string, input: object, caller?: string): Promise<JsonAnswer> =>
  callJson(plane.url, `CertificateManager.${operation}`, input, caller);
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const partsOf = ({ certificate, privateKey }: TestCertificate): { Certificate: string; PrivateKey: string } => ({
  Certificate: base64(certificate),
  PrivateKey: base64(privateKey),
});
async function imported(names: readonly string[], choices: CertificateChoices = {}): Promise<string> {
  const answer = await call("ImportCertificate", partsOf(await makeCertificate(names, choices)));
  expect(answer).toMatchObject({ status: 200 });
  return answer.json.CertificateArn as string;
}

describe("ImportCertificate", () => {
  it("keeps a certificate with its chain, and shows everything of it but the key", async () => {
    const authority = await makeCertificate([]);
    const leaf = await makeCertificate(["shop.example.com", "*.Shop.example.com"], { issuer: authority });

    const { json } = await call("ImportCertificate", {
      ...partsOf(leaf),
      CertificateChain: base64(authority.certificate),
      Tags: [{ Key: "team", Value: "shop" }],
    });
    const { CertificateArn } = json;
    const described = (await call("DescribeCertificate", { CertificateArn })).json.Certificate;
    const got = (await call("GetCertificate", { CertificateArn })).json;

    expect(CertificateArn).toMatch(
      new RegExp(`^arn:aws:acm:${region}:${account}:certificate/[0-9a-f]{8}-[0-9a-f-]{27}$`),
    );
    const parsed = new X509Certificate(leaf.certificate);
    expect(described).toMatchObject({
      CertificateArn,
      DomainName: "shop.example.com",
      SubjectAlternativeNames: ["shop.example.com", "*.shop.example.com"],
      Status: "ISSUED",
      Type: "IMPORTED",
      KeyAlgorithm: "RSA_2048",
      NotBefore: parsed.validFromDate.getTime() / 1000,
      NotAfter: parsed.validToDate.getTime() / 1000,
      Subject: "CN=shop.example.com",
      Issuer: authority.subject,
      Serial: parsed.serialNumber.toLowerCase().replace(/..(?!$)/g, "$&:"),
      RenewalEligibility: "INELIGIBLE",
      InUseBy: [],
    });
    expect(new X509Certificate(String(got.Certificate)).serialNumber).toBe(parsed.serialNumber);
    expect(new X509Certificate(String(got.CertificateChain)).subject).toBe(authority.subject);
    expect((await call("ListTagsForCertificate", { CertificateArn })).json).toEqual({
      Tags: [{ Key: "team", Value: "shop" }],
    });
  });

  it("puts another certificate in the place of one, which keeps its ARN and tags", async () => {
    const { json } = await call("ImportCertificate", {
      ...partsOf(await makeCertificate(["a.example.com"])),
      Tags: [{ Key: "team" }],
    });
    const { CertificateArn } = json;
    const other = partsOf(await makeCertificate(["b.example.com"], { algorithm: "ec" }));

    const again = await call("ImportCertificate", { ...other, CertificateArn });
    const withTags = await call("ImportCertificate", { ...other, CertificateArn, Tags: [{ Key: "x" }] });
    const unknown = await call("ImportCertificate", {
      ...other,
      CertificateArn: String(CertificateArn).replace(/[^/]+$/, randomUUID()),
    });

    expect(again.json).toEqual({ CertificateArn });
    expect((await call("DescribeCertificate", { CertificateArn })).json.Certificate).toMatchObject({
      DomainName: "b.example.com",
      KeyAlgorithm: "EC_prime256v1",
    });
    expect((await call("ListTagsForCertificate", { CertificateArn })).json).toEqual({
      Tags: [{ Key: "team", Value: "" }],
    });
    expect(withTags).toMatchObject({ status: 400, json: { __type: "ValidationException" } });
    expect(unknown).toMatchObject({ status: 400, json: { __type: "ResourceNotFoundException" } });
  });

  const good = () => makeCertificate(["good.example.com"], { algorithm: "ec" });
  const bad: readonly (readonly [string, () => Promise<object>, string])[] = [
    ["no certificate", async () => ({ ...partsOf(await good()), Certificate: base64("hello") }), "Certificate"],
    [
      "two certificates",
      async () => {
        const one = await good();
        return { ...partsOf(one), Certificate: base64(one.certificate.repeat(2)) };
      },
      "Certificate",
    ],
    [
      "text beside the certificate",
      async () => {
        const one = await good();
        return { ...partsOf(one), Certificate: base64(`x${one.certificate}`) };
      },
      "Certificate",
    ],
    [
      "a certificate that is damaged",
      async () => ({
        ...partsOf(await good()),
        Certificate: base64("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
      }),
      "Certificate",
    ],
    [
      "another's key",
      async () => ({ ...partsOf(await good()), PrivateKey: partsOf(await good()).PrivateKey }),
      "PrivateKey",
    ],
    ["no key", async () => ({ ...partsOf(await good()), PrivateKey: base64("secret words") }), "PrivateKey"],
    [
      "an encrypted key",
      async () => {
        const one = await good();
        const key = createPrivateKey(one.privateKey);
        const pem = key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" });
        return { ...partsOf(one), PrivateKey: base64(String(pem)) };
      },
      "PrivateKey",
    ],
    [
      "a certificate that has ended",
      async () => partsOf(await makeCertificate(["a.example.com"], { from: -3, to: -1 })),
      "Certificate",
    ],
    [
      "a certificate of the future",
      async () => partsOf(await makeCertificate(["a.example.com"], { from: 1 })),
      "Certificate",
    ],
    ["a weak key", async () => partsOf(await makeCertificate(["a.example.com"], { algorithm: "weak" })), "Certificate"],
    ["a certificate for no name", async () => partsOf(await makeCertificate([])), "Certificate"],
    [
      "a stranger's chain",
      async () => ({ ...partsOf(await good()), CertificateChain: base64((await makeCertificate([])).certificate) }),
      "CertificateChain",
    ],
    ["what is not base64", async () => ({ ...partsOf(await good()), Certificate: "-----" }), "Certificate"],
    ["a key of 6 KB", async () => ({ ...partsOf(await good()), PrivateKey: "A".repeat(8_192) }), "PrivateKey"],
  ];
  it.each(bad)("refuses %s, without repeating it", async (_, input, member) => {
    const before = (await plane.store.list(`${account}/${region}/certificates`)).items.length;

    const { status, json } = await call("ImportCertificate", await input());

    expect(status).toBe(400);
    expect(json.__type).toBe("ValidationException");
    expect(json.message).toMatch(new RegExp(`: ${member}: `));
    expect(json.message).not.toContain("secret words");
    expect((await plane.store.list(`${account}/${region}/certificates`)).items).toHaveLength(before);
  });

  it("leaves nothing of the key in the clear, neither in the store nor in history", async () => {
    await using own = await startControlPlane({ certificates: { sealKey: () => "sealed" } });
    const one = await makeCertificate(["a.example.com"]);
    await callJson(own.url, "CertificateManager.ImportCertificate", partsOf(one));

    const { items } = await own.store.list<{ sealedKey: string }>(`${account}/${region}/certificates`);
    const history = await own.send("GET", "/pergola/history");

    expect(items.map(({ value }) => value.sealedKey)).toEqual(["sealed"]);
    expect(JSON.stringify(items)).not.toContain("PRIVATE KEY");
    expect(history.json).toMatchObject({
      items: [{ operation: "ImportCertificate", changes: [{ kind: "certificate", action: "change" }] }],
    });
    expect(history.body).not.toContain("sealed");
  });

  it("is refused where there is no key to keep private keys with", async () => {
    await using own = await startControlPlane();
    const parts = partsOf(await good());

    expect(await callJson(own.url, "CertificateManager.ImportCertificate", parts)).toMatchObject({
      status: 400,
      json: { __type: "AccessDeniedException" },
    });
  });
});

describe("ListCertificates", () => {
  it("shows pages of those of the key types asked for, by default RSA, each account its own", async () => {
    await using own = await startControlPlane({ certificates });
    const ask = async (operation: string, input: object, caller?: string) =>
      (await callJson(own.url, `CertificateManager.${operation}`, input, caller)).json;
    const rsa = await makeCertificate(["rsa.example.com"]);
    const ec = await makeCertificate(["ec.example.com"], { algorithm: "ec" });
    const arns: unknown[] = [];
    for (let i = 0; i < 3; i += 1) arns.push((await ask("ImportCertificate", partsOf(rsa))).CertificateArn);
    const ecArn = (await ask("ImportCertificate", partsOf(ec))).CertificateArn;
    await ask("ImportCertificate", partsOf(rsa), otherAccount);
    type Summary = { CertificateArn: string };
    const list = async (input: object) => (await ask("ListCertificates", input)).CertificateSummaryList as Summary[];

    const first = await ask("ListCertificates", { MaxItems: 2 });
    const second = await ask("ListCertificates", { MaxItems: 2, NextToken: first.NextToken });
    const paged = [first, second].flatMap((page) => page.CertificateSummaryList as Summary[]);

    expect(paged.map(({ CertificateArn }) => CertificateArn).sort()).toEqual([...arns].sort());
    expect(second.NextToken).toBeUndefined();
    expect(await list({ Includes: { keyTypes: ["EC_prime256v1"] } })).toMatchObject([
      {
        CertificateArn: ecArn,
        DomainName: "ec.example.com",
        SubjectAlternativeNameSummaries: ["ec.example.com"],
        HasAdditionalSubjectAlternativeNames: false,
        Status: "ISSUED",
        InUse: false,
      },
    ]);
    expect(await list({ CertificateStatuses: ["EXPIRED"] })).toEqual([]);
    expect(await list({ CertificateStatuses: ["ISSUED"] })).toHaveLength(3);
    expect(await ask("ListCertificates", { NextToken: "x" })).toMatchObject({ __type: "ValidationException" });
  });
});

describe("DeleteCertificate", () => {
  it("is refused while a service names the certificate", async () => {
    const certificateArn = await imported(["used.example.com"]);
    const service = await newService(plane.client, { customDomainName: "used.example.com", certificateArn });

    const refused = await call("DeleteCertificate", { CertificateArn: certificateArn });
    const described = await call("DescribeCertificate", { CertificateArn: certificateArn });
    await plane.client.deleteService({ serviceIdentifier: service.id });
    const deleted = await call("DeleteCertificate", { CertificateArn: certificateArn });

    expect(refused).toMatchObject({ status: 400, json: { __type: "ResourceInUseException" } });
    expect(described.json.Certificate).toMatchObject({ InUseBy: [service.arn] });
    expect(deleted).toMatchObject({ status: 200, json: {} });
    expect((await call("DescribeCertificate", { CertificateArn: certificateArn })).json.__type).toBe(
      "ResourceNotFoundException",
    );
  });

  it.each(["DescribeCertificate", "GetCertificate", "DeleteCertificate", "ListTagsForCertificate"])(
    "and others find no other account's certificate: %s",
    async (operation) => {
      const CertificateArn = await imported([`${freshName("own")}.example.com`]);

      const foreign = await call(operation, { CertificateArn }, otherAccount);
      const malformed = await call(operation, { CertificateArn: "arn:aws:s3:::a-bucket-of-mine" });

      expect(foreign).toMatchObject({ status: 400, json: { __type: "ResourceNotFoundException" } });
      expect(malformed).toMatchObject({ status: 400, json: { __type: "ValidationException" } });
      expect((await call("DescribeCertificate", { CertificateArn })).status).toBe(200);
    },
  );
});
