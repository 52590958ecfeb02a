import { randomBytes, randomUUID } from "node:crypto";
import { ACMClient, ImportCertificateCommand, ListCertificatesCommand } from "@aws-sdk/client-acm";
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { owners } from "@pergola/core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type MotoServer, startMoto } from "../aws/moto-server.ts";
import { makeCertificate } from "../harness/certificates.ts";
import { startDnsServer } from "../harness/dns-server.ts";
import { openOtlpReceiver } from "../harness/otlp-receiver.ts";
import { bundleOf } from "../lambda/run-entry.ts";
import { useBundles } from "../lambda/scene.ts";
import { account, region } from "./harness/account.ts";
import { deployment } from "./harness/deployment.ts";
import { ofType } from "./harness/graph.ts";
import {
  albEventOf,
  exchangeEvent,
  resultOf,
  type ServiceRequest,
  urlAnswerOf,
  urlEventOf,
} from "./harness/invocations.ts";
import { type Mesh, openMesh } from "./harness/mesh.ts";
import { deliverRecords, recordsOf } from "./harness/records.ts";
import { openShop, type Shop } from "./harness/shop.ts";

const { dir } = useBundles("router-buffered");
const sessionArn = (roleName: string): string => `arn:aws:sts::${account}:assumed-role/${roleName}/me`;
let moto: MotoServer;
let mesh: Mesh;
let shop: Shop;

beforeAll(async () => {
  moto = await startMoto();
  mesh = await openMesh(moto.url);
  shop = await openShop(mesh);
});
afterAll(async () => {
  shop[Symbol.dispose]();
  await mesh[Symbol.asyncDispose]();
  await moto.stop();
});

describe("what SST built, on Lambda's runtime API and moto", () => {
  it("CredentialExchange takes each proof of a served account once", async () => {
    const entry = await mesh.start("CredentialExchange");
    const post = async (proof: string) => (await urlAnswerOf(entry, exchangeEvent(proof))).status;
    const proof = await mesh.proofOf("web");

    expect(await post(await mesh.proofOf("web", "210987654321"))).toBe(403);
    expect([await post(proof), await post(proof)]).toEqual([200, 403]);
  });

  it("ControlPlane serves the administrator's session, keeps services in the table, and nobody else's", async () => {
    const { api, clients, apiUrl: endpoint } = mesh;
    const stranger = new VPCLattice({ endpoint, region, credentials: await mesh.sessionOf("web"), maxAttempts: 1 });
    onTestFinished(() => stranger.destroy());

    await expect(stranger.listServices({})).rejects.toMatchObject({ name: "AccessDeniedException" });
    const { items = [] } = await api.listServices({});
    expect(items.map(({ name }) => name).sort()).toEqual(["guarded", "open"]);
    const [table] = ofType(deployment("everything").graph, "aws:dynamodb/table:Table");
    const Key = { pk: { S: owners.serviceSnapshots }, sk: { S: shop.guarded.id } };
    const stored = await clients.dynamo.send(new GetItemCommand({ TableName: table?.inputs.name, Key }));
    expect(stored.Item).toBeDefined();
  });

  it("ControlPlane imports a certificate, whose key it seals by KMS", async () => {
    const acm = new ACMClient({ endpoint: mesh.apiUrl, region, credentials: mesh.administrator, maxAttempts: 1 });
    onTestFinished(() => acm.destroy());
    const { certificate, privateKey } = await makeCertificate(["shop.example.com"]);

    const { CertificateArn } = await acm.send(
      new ImportCertificateCommand({ Certificate: Buffer.from(certificate), PrivateKey: Buffer.from(privateKey) }),
    );
    const { CertificateSummaryList = [] } = await acm.send(new ListCertificatesCommand({}));
    expect(CertificateSummaryList.map((one) => one.CertificateArn)).toContain(CertificateArn);
  });

  it.each([
    ["Router", "as built", urlEventOf],
    ["Router", "router-buffered", urlEventOf],
    ["Vpc0aaa1111Router", "as built", albEventOf],
  ] as const)(
    "%s (%s) lets in whom the policy names, and its records and spans get to their ends",
    async (component, built, eventOf) => {
      await using otlp = await openOtlpReceiver();
      const entry = await mesh.start(component, {
        // In place of the deployment's own.
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url },
        // The stacks deploy no buffered function URL: it is built as they would.
        ...(built === "as built" ? {} : { bundle: bundleOf(dir, built) }),
      });
      const path = `/plain/${randomUUID()}`;
      const ask = (request: Partial<ServiceRequest>) =>
        urlAnswerOf(entry, eventOf({ host: shop.guarded.host, path, ...request }));
      const [web, other] = [await mesh.sessionOf("web"), await mesh.sessionOf("other")];
      const traceId = randomBytes(16).toString("hex");
      // A request that the sampler may leave out is traced where its caller's is.
      const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };

      expect((await ask({})).status).toBe(403);
      expect((await ask({ session: other })).status).toBe(403);
      expect((await ask({ session: { ...web, secretAccessKey: "guessed" } })).status).toBe(403);
      expect(await ask({ session: web, headers })).toEqual({ status: 200, body: "from the target" });
      expect((await ask({ host: shop.open.host })).status).toBe(404);

      const guarded = ["Anonymous", "Unknown", sessionArn("other")].map((caller) => `403 ${caller}`);
      // Straight to Firehose, before the queue is looked into.
      expect(await recordsOf(mesh, path)).toEqual({ logGroup: [], bucket: [], stream: ["404 -"] });
      expect(await deliverRecords(mesh)).toBe(0);
      const viaQueue = [...guarded, `200 ${sessionArn("web")}`].sort();
      expect(await recordsOf(mesh, path)).toEqual({
        logGroup: viaQueue,
        bucket: viaQueue,
        stream: [...viaQueue, "404 -"].sort(),
      });
      expect(otlp.spans.filter((span) => span.traceId === traceId)).toMatchObject([
        { attributes: { "url.path": path }, resource: { "deployment.environment.name": "production" } },
      ]);
    },
  );

  it("Vpc0bbb1111Router knows no service for clients of a VPC that is not associated", async () => {
    const entry = await mesh.start("Vpc0bbb1111Router", { env: { OTEL_EXPORTER_OTLP_ENDPOINT: "" } });
    const session = await mesh.sessionOf("web");
    const { status } = await urlAnswerOf(entry, albEventOf({ host: shop.guarded.host, path: "/plain", session }));
    expect(status).toBe(404);
  });

  it("HealthChecksHandler finds out which target answers, and Router then sends requests to no other", async () => {
    const { groupId: targetGroupIdentifier, goodPort, brokenPort, broken } = shop.checked;
    const checks = await mesh.start("HealthChecksHandler");
    const statuses = async () => {
      const { items = [] } = await mesh.api.listTargets({ targetGroupIdentifier });
      return Object.fromEntries(items.map(({ port, status }) => [port, status]));
    };
    // Short rounds, each of which goes on with what the one before has counted: two probes are five seconds apart.
    for (let round = 0; round < 8 && (await statuses())[brokenPort] !== "UNHEALTHY"; round += 1)
      expect(await resultOf(checks, {}, 10_000)).toEqual({ checked: true });
    expect(await statuses()).toEqual({ [goodPort]: "HEALTHY", [brokenPort]: "UNHEALTHY" });
    const router = await mesh.start("Router", { env: { OTEL_EXPORTER_OTLP_ENDPOINT: "" } });
    const session = await mesh.sessionOf("web");
    const probes = broken.connections;
    expect(probes).toBeGreaterThan(1);
    for (let request = 0; request < 4; request += 1) {
      const event = urlEventOf({ host: shop.guarded.host, path: "/checked", session });
      expect((await urlAnswerOf(router, event)).status).toBe(200);
    }
    expect(broken.connections).toBe(probes);
  });

  it("DomainVerificationHandler verifies the domain whose TXT record is there", async () => {
    await using dns = await startDnsServer();
    const entry = await mesh.start("DomainVerificationHandler", { env: { PERGOLA_DNS_SERVER: dns.address } });
    const domains = [`${randomUUID()}.example.com`, `${randomUUID()}.example.com`] as const;
    const [placed, missing] = [
      await mesh.api.startDomainVerification({ domainName: domains[0] }),
      await mesh.api.startDomainVerification({ domainName: domains[1] }),
    ];
    const { name, value = "" } = placed.txtMethodConfig ?? {};
    dns.records.set(`${name}.${domains[0]}`, [[value]]);
    expect(await resultOf(entry, {}, 60_000)).toEqual({ round: "done" });

    const statusOf = async ({ id: domainVerificationIdentifier }: { id: string | undefined }) =>
      (await mesh.api.getDomainVerification({ domainVerificationIdentifier })).status;
    expect([await statusOf(placed), await statusOf(missing)]).toEqual(["VERIFIED", "PENDING"]);
  });
});
