import { createCertificateKeys } from "@pergola/control-plane";
import { owners } from "@pergola/core";
import { type Keyring, sealSession } from "@pergola/iam";
import { describe, expect, it } from "vitest";
import { makeCertificate } from "../harness/certificates.ts";
import { account, openScene, region, urlEvent, useBundles } from "./scene.ts";
import { kmsEnvironment, openRing, openSessionRing } from "./session-ring.ts";
import { signedHeaders } from "./signed-headers.ts";
import { readUrlResponse, type UrlResponse } from "./url-response.ts";

const { dir } = useBundles("control-plane");
const iam = {
  accessKey: "AKIA",
  accountId: "210987654321",
  callerId: "AIDA",
  cognitoIdentity: null,
  principalOrgId: null,
  userArn: "arn:aws:iam::210987654321:user/ann",
  userId: "AIDA",
};

const admin = `arn:aws:iam::${account}:role/admin`;
const host = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-west-2.on.aws";

/** @returns the credentials of a role's session, sealed as the credential exchange does */
function sessionOf(ring: Keyring, roleArn: string) {
  const credentials = { accessKeyId: "ASIAPERGOLAEXAMPLE01", secretAccessKey: "secret" };
  const principal = {
    kind: "aws",
    type: "AssumedRole",
    arn: `arn:aws:sts::${account}:assumed-role/${roleArn.split("/").at(-1)}/one`,
    account,
    roleArn,
    sessionName: "one",
    tags: {},
  } as const;
  const expiresAt = new Date(Date.now() + 600_000).toISOString();
  return { ...credentials, sessionToken: sealSession(ring, { ...credentials, expiresAt, issuer: roleArn, principal }) };
}

function jsonOf({ body }: UrlResponse): Record<string, unknown> {
  return JSON.parse(body.toString());
}

describe("the control plane on Lambda", () => {
  it("serves the caller that Lambda has verified, in the caller's account and the stack's region and domain", async () => {
    const scene = await openScene();
    const entry = await scene.start(dir, "control-plane", { PERGOLA_DOMAIN: "svc.example.com" });
    const call = async (method: string, path: string, body?: string): Promise<UrlResponse> =>
      readUrlResponse(entry.invoke(urlEvent({ method, path, iam, ...(body === undefined ? {} : { body }) })));

    const created = await call("POST", "/services", JSON.stringify({ name: "shop" }));
    expect([created.statusCode, jsonOf(created)]).toMatchObject([
      201,
      {
        arn: expect.stringMatching(/^arn:aws:vpc-lattice:us-west-2:210987654321:service\/svc-/),
        dnsEntry: {
          domainName: expect.stringMatching(
            /^shop-[0-9a-f]{17}\.7d67968\.vpc-lattice-svcs\.us-west-2\.svc\.example\.com$/,
          ),
        },
      },
    ]);
    expect(jsonOf(await call("GET", "/services"))).toMatchObject({ items: [{ name: "shop" }] });
    const twice = await call("POST", "/services", JSON.stringify({ name: "shop" }));
    expect([twice.statusCode, twice.headers["x-amzn-errortype"]]).toEqual([409, "ConflictException"]);
    expect((await call("GET", "/nowhere")).statusCode).toBe(404);
    expect((await call("POST", "/services", "a".repeat(1_048_577))).statusCode).toBe(413);
  });

  it("refuses whoever Lambda has not verified, whatever the request says of itself", async () => {
    const scene = await openScene();
    const entry = await scene.start(dir, "control-plane");
    const status = async (event: unknown): Promise<number> => (await readUrlResponse(entry.invoke(event))).statusCode;

    expect(await status(urlEvent({ path: "/services" }))).toBe(403);
    expect(await status(urlEvent({ path: "/services", iam: { ...iam, userArn: "ann" } }))).toBe(403);
    expect(await status(urlEvent({ path: "/services", headers: { "x-amzn-caller": iam.userArn } }))).toBe(403);
    expect(await status({ version: "2.0" })).toBe(400);
  });

  it("serves administrators who sign for vpc-lattice themselves, and no other sessions", async () => {
    const scene = await openScene();
    const ring = await openSessionRing(scene);
    const headersOf = (role: string): Record<string, string> =>
      signedHeaders({ path: "/services", host, service: "vpc-lattice", ...sessionOf(ring, role) });
    const entry = await scene.start(dir, "control-plane", { ...kmsEnvironment, PERGOLA_ADMIN_PRINCIPALS: admin });
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await readUrlResponse(entry.invoke(urlEvent({ path: "/services", headers })))).statusCode;

    expect(await status(headersOf(admin))).toBe(200);
    expect(await status(headersOf(`arn:aws:iam::${account}:role/other`))).toBe(403);
    const { authorization = "", ...rest } = headersOf(admin);
    expect(
      await status({ ...rest, authorization: authorization.replace(/.$/, (last) => (last === "0" ? "1" : "0")) }),
    ).toBe(403);
  });

  it("tells administrators to come again while the keys of sessions cannot be read", async () => {
    const scene = await openScene();
    const ring = await openSessionRing(scene);
    scene.aws.operations.delete("TrentService.Decrypt");
    const entry = await scene.start(dir, "control-plane", { ...kmsEnvironment, PERGOLA_ADMIN_PRINCIPALS: admin });
    const headers = signedHeaders({ path: "/services", host, service: "vpc-lattice", ...sessionOf(ring, admin) });

    const answer = await readUrlResponse(entry.invoke(urlEvent({ path: "/services", headers })));
    expect([answer.statusCode, answer.headers["x-amzn-errortype"]]).toEqual([503, "ServiceUnavailable"]);
    expect((await readUrlResponse(entry.invoke(urlEvent({ path: "/services", iam })))).statusCode).toBe(200);
  });
});

describe("the companions of the API on Lambda", () => {
  const open = async () => {
    const scene = await openScene();
    const ring = await openSessionRing(scene);
    const entry = await scene.start(dir, "control-plane", { ...kmsEnvironment, PERGOLA_ADMIN_PRINCIPALS: admin });
    const call = async (headers: Record<string, string>, body: string, caller?: typeof iam): Promise<UrlResponse> =>
      readUrlResponse(entry.invoke(urlEvent({ method: "POST", headers, body, ...(caller && { iam: caller }) })));
    const signed = (service: string, target: string, role: string, body: string): Record<string, string> => {
      const headers = { "x-amz-target": target, "content-type": "application/x-amz-json-1.1" };
      return signedHeaders({ path: "/", host, service, method: "POST", body, headers, ...sessionOf(ring, role) });
    };
    return { scene, call, signed };
  };

  it.each([
    ["tagging", "ResourceGroupsTaggingAPI_20170126.GetTagKeys", "TagKeys"],
    ["acm", "CertificateManager.ListCertificates", "CertificateSummaryList"],
  ])("%s serves whom Lambda has verified and administrators who sign for it", async (service, target, member) => {
    const { call, signed } = await open();
    const asVerified = await call({ "x-amz-target": target }, "{}", iam);
    const asAdmin = await call(signed(service, target, admin, "{}"), "{}");

    expect([asVerified.statusCode, jsonOf(asVerified)[member]]).toEqual([200, []]);
    expect([asAdmin.statusCode, jsonOf(asAdmin)[member]]).toEqual([200, []]);
  });

  it.each([
    ["tagging", "ResourceGroupsTaggingAPI_20170126.GetTagKeys"],
    ["acm", "CertificateManager.ListCertificates"],
  ])("%s refuses everybody else, and other bodies and services than were signed", async (service, target) => {
    const { call, signed } = await open();
    const refusals = [
      await call({ "x-amz-target": target }, "{}"),
      await call(signed(service, target, `arn:aws:iam::${account}:role/other`, "{}"), "{}"),
      await call(signed("vpc-lattice", target, admin, "{}"), "{}"),
      await call(signed(service, target, admin, "{}"), "[]"),
      await call({ ...signed(service, target, admin, "{}"), "x-amz-target": `${target}s` }, "{}"),
    ];
    expect(refusals.map((refusal) => [refusal.statusCode, jsonOf(refusal).__type])).toEqual([
      [403, "MissingAuthenticationTokenException"],
      [403, "AccessDeniedException"],
      [403, "InvalidSignatureException"],
      [403, "InvalidSignatureException"],
      [403, "InvalidSignatureException"],
    ]);
  });

  it("ram is served by its paths, to whom Lambda has verified and to administrators who sign for it", async () => {
    const scene = await openScene();
    const ring = await openSessionRing(scene);
    const entry = await scene.start(dir, "control-plane", { ...kmsEnvironment, PERGOLA_ADMIN_PRINCIPALS: admin });
    const path = "/listpermissions";
    const headersOf = (service: string, role: string): Record<string, string> => {
      const headers = { "content-type": "application/json" };
      return signedHeaders({ path, host, service, method: "POST", body: "{}", headers, ...sessionOf(ring, role) });
    };
    const call = async (headers: Record<string, string>, caller?: typeof iam): Promise<UrlResponse> =>
      readUrlResponse(
        entry.invoke(urlEvent({ method: "POST", path, headers, body: "{}", ...(caller && { iam: caller }) })),
      );

    for (const answer of [await call({}, iam), await call(headersOf("ram", admin))])
      expect([answer.statusCode, jsonOf(answer).permissions]).toEqual([200, expect.any(Array)]);
    const refusals = [
      await call({}),
      await call(headersOf("vpc-lattice", admin)),
      await call(headersOf("ram", `arn:aws:iam::${account}:role/other`)),
    ];
    expect(refusals.map(({ statusCode }) => statusCode)).toEqual([403, 403, 403]);
  });

  it("an imported certificate's private key is in the table only as KMS lets it be opened", async () => {
    const { scene, call, signed } = await open();
    const { certificate, privateKey } = await makeCertificate(["shop.example.com"]);
    const target = "CertificateManager.ImportCertificate";
    const body = JSON.stringify({
      Certificate: Buffer.from(certificate).toString("base64"),
      PrivateKey: Buffer.from(privateKey).toString("base64"),
    });

    const answer = await call(signed("acm", target, admin, body), body);
    expect(answer.statusCode).toBe(200);
    const { items } = await scene.store.list<{ sealedKey: string }>(owners.certificates({ account, region }));
    const keyring = openRing(scene, "certificates");
    const keys = createCertificateKeys(await keyring.load(AbortSignal.timeout(5_000)));
    expect(items.map(({ value }) => keys.openKey(value.sealedKey))).toEqual([privateKey]);
    expect(JSON.stringify(items)).not.toContain(privateKey.split("\n")[1]);
  });

  it("while KMS is away no certificate can be imported, and those that are there are listed", async () => {
    const { scene, call } = await open();
    scene.aws.operations.delete("TrentService.GenerateDataKey");
    const { certificate, privateKey } = await makeCertificate(["shop.example.com"]);
    const body = JSON.stringify({
      Certificate: Buffer.from(certificate).toString("base64"),
      PrivateKey: Buffer.from(privateKey).toString("base64"),
    });

    const imported = await call({ "x-amz-target": "CertificateManager.ImportCertificate" }, body, iam);
    expect([imported.statusCode, jsonOf(imported).__type]).toEqual([503, "ServiceUnavailable"]);
    const listed = await call({ "x-amz-target": "CertificateManager.ListCertificates" }, "{}", iam);
    expect([listed.statusCode, jsonOf(listed).CertificateSummaryList]).toEqual([200, []]);
  });

  it("without a KMS key no certificate can be imported", async () => {
    const scene = await openScene();
    const entry = await scene.start(dir, "control-plane");
    const { certificate, privateKey } = await makeCertificate(["shop.example.com"]);
    const body = JSON.stringify({
      Certificate: Buffer.from(certificate).toString("base64"),
      PrivateKey: Buffer.from(privateKey).toString("base64"),
    });
    const headers = { "x-amz-target": "CertificateManager.ImportCertificate" };
    const answer = await readUrlResponse(entry.invoke(urlEvent({ method: "POST", headers, body, iam })));
    expect([answer.statusCode, jsonOf(answer)]).toMatchObject([
      400,
      { __type: "AccessDeniedException", message: "this deployment has no key to keep private keys with" },
    ]);
  });
});
