import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import type { CreateServiceCommandInput } from "@aws-sdk/client-vpc-lattice";
import { findRecordMessage } from "@pergola/access-logs";
import { owners, targetKey } from "@pergola/core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { runPergola } from "../cli/run-pergola.ts";
import { makeCertificate } from "../harness/certificates.ts";
import { callJson } from "../harness/json-api.ts";
import { forwardTo, newListener, newService, newTargetGroup } from "../harness/lattice-resources.ts";
import { openService, policyOf } from "../harness/open-service.ts";
import { openPlainClient } from "../harness/plain-client.ts";
import { registerTarget, sceneVpcId } from "../harness/scene.ts";
import { openTarget } from "../lambda/scene.ts";
import { signedHeaders } from "../lambda/signed-headers.ts";
import {
  type Deployment,
  type GatewayProcess,
  openDeployment,
  sessionOf,
  startGatewayProcess,
} from "./gateway-scene.ts";
import { motoUrl } from "./moto.ts";

const away = { kind: "reset" } as const;

describe.skipIf(motoUrl === undefined)("a gateway", () => {
  let deployment: Deployment;
  let gateway: GatewayProcess;
  let networkId: string;
  beforeAll(async () => {
    deployment = await openDeployment(motoUrl ?? "");
    gateway = await startGatewayProcess(deployment.env);
    // A VPC is in one network only.
    ({ networkId } = await openService(deployment.plane.client));
  });
  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await deployment?.[Symbol.asyncDispose]();
  });

  const startTarget = async (listener: RequestListener): Promise<number> => (await openTarget(listener)).port;

  /** A service in a network, with a listener that forwards to these programs. */
  async function serviceOf(ports: readonly number[], input: Partial<CreateServiceCommandInput> = {}) {
    const { client } = deployment.plane;
    const { id } = await newService(client, input);
    const { dnsEntry } = await client.getService({ serviceIdentifier: id });
    const at = { serviceNetworkIdentifier: networkId, serviceIdentifier: id };
    await client.createServiceNetworkServiceAssociation(at);
    const group = await newTargetGroup(client, {
      config: { protocol: "HTTP", port: 80, vpcIdentifier: sceneVpcId, healthCheck: { enabled: true } },
    });
    for (const port of ports) await registerTarget(client, group.id, { id: "127.0.0.1", port });
    const defaultAction = forwardTo(group.id);
    const http = await newListener(client, id, { protocol: "HTTP", port: 80, defaultAction });
    return { id, host: dnsEntry?.domainName ?? "", groupId: group.id, listenerId: http.id, defaultAction };
  }

  const get = async (host: string, path = "/", headers: Record<string, string> = {}, port = gateway.httpPort) => {
    using client = openPlainClient(host, port);
    return await client.send({ path, headers });
  };
  const eventually = (what: () => Promise<unknown>, value: unknown) =>
    expect.poll(what, { timeout: 10_000, interval: 50 }).toEqual(value);

  it("serves what the table says, and follows its changes", async () => {
    const { client } = deployment.plane;
    const port = await startTarget((request, response) => response.end(`${request.headers.host} ${request.url}`));
    const { id, host, listenerId } = await serviceOf([port]);
    await eventually(async () => (await get(host, "/a?b=c")).body, `${host} /a?b=c`);

    const fixedResponse = { statusCode: 500 };
    await client.updateListener({
      serviceIdentifier: id,
      listenerIdentifier: listenerId,
      defaultAction: { fixedResponse },
    });
    await eventually(async () => (await get(host)).status, 500);
    await client.deleteListener({ serviceIdentifier: id, listenerIdentifier: listenerId });
    await eventually(async () => (await get(host)).status, 404);
    expect((await get("nobody.example.com")).status).toBe(404);
  });

  it("keeps to targets that health checks found healthy", async () => {
    const names = ["one", "two"];
    const ports = await Promise.all(names.map((name) => startTarget((_request, response) => response.end(name))));
    const { host, groupId } = await serviceOf(ports);
    const answers = async () => new Set((await Promise.all([0, 1, 2, 3].map(() => get(host)))).map(({ body }) => body));
    await eventually(answers, new Set(names));
    const health = async (index: number, status: string) => {
      const key = { owner: owners.health(groupId), id: targetKey({ id: "127.0.0.1", port: ports[index] ?? 0 }) };
      await deployment.store.transact([{ kind: "put", key, value: { status }, expect: "any" }]);
    };

    await health(0, "UNHEALTHY");
    await health(1, "HEALTHY");
    await eventually(answers, new Set(["two"]));
    await health(0, "HEALTHY");
    await eventually(answers, new Set(names));
  });

  it("admits by policy whoever proves a session of the exchange", async () => {
    const { client } = deployment.plane;
    const seen: unknown[] = [];
    const port = await startTarget((request, response) => {
      seen.push(request.headers["x-amzn-lattice-identity"]);
      response.end("in");
    });
    const { id, host } = await serviceOf([port], { authType: "AWS_IAM" });
    const web = "arn:aws:iam::123456789012:role/web";
    await client.putAuthPolicy({ resourceIdentifier: id, policy: policyOf({ Principal: { AWS: web } }) });
    const signed = (role: string, secret = "secret") => {
      const session = { ...sessionOf(deployment.sessions, role), secretAccessKey: secret };
      return signedHeaders({ path: "/", host, ...session });
    };

    await eventually(async () => (await get(host, "/", signed("web"))).status, 200);
    const statuses = [
      await get(host),
      await get(host, "/", signed("other")),
      await get(host, "/", signed("web", "another-secret")),
    ].map(({ status }) => status);
    expect(statuses).toEqual([403, 403, 403]);
    expect(seen.every((identity) => String(identity).includes("assumed-role/web/one"))).toBe(true);
  });

  it("answers 503 to whoever signs with a session while KMS was never there, and lets them in once it is", async () => {
    const { client } = deployment.plane;
    const port = await startTarget((_request, response) => response.end("in"));
    const { id, host } = await serviceOf([port], { authType: "AWS_IAM" });
    await client.putAuthPolicy({
      resourceIdentifier: id,
      policy: policyOf({ Principal: { AWS: "arn:aws:iam::123456789012:role/web" } }),
    });
    deployment.aws.faults = ({ operation }) => (operation === "Decrypt" ? away : undefined);
    onTestFinished(() => {
      deployment.aws.faults = () => undefined;
    });
    await using keyless = await startGatewayProcess(deployment.env);
    const asWeb = () => signedHeaders({ path: "/", host, ...sessionOf(deployment.sessions, "web") });
    const statusOf = async (headers: Record<string, string>) =>
      (await get(host, "/", headers, keyless.httpPort)).status;

    expect([await statusOf(asWeb()), await statusOf({})]).toEqual([503, 403]);
    deployment.aws.faults = () => undefined;
    await eventually(() => statusOf(asWeb()), 200);
  });

  it("hands a record of every request to the queue, for each destination", async () => {
    const { client } = deployment.plane;
    const port = await startTarget((_request, response) => response.end("ok"));
    const { id, host } = await serviceOf([port]);
    await eventually(async () => (await get(host)).status, 200);
    const logs = ["arn:aws:s3:::access-records", "arn:aws:logs:us-west-2:123456789012:log-group:/records:*"];
    for (const destinationArn of logs)
      await client.createAccessLogSubscription({ resourceIdentifier: id, destinationArn });
    // When the first record is there, the subscriptions are in force.
    await eventually(async () => {
      await get(host, "/first");
      return (await deployment.receive(2)).length;
    }, 2);
    await deployment.receive(1_000);

    const paths = Array.from({ length: 60 }, (_, i) => `/r/${i}`);
    using many = openPlainClient(host, gateway.httpPort, 16);
    await Promise.all(paths.map((path) => many.send({ path })));
    const messages = await deployment.receive(2 * paths.length);

    for (const arn of logs) {
      const lines = messages.filter(({ destination }) => destination.destinationArn === arn).map(({ line }) => line);
      expect(lines.map((line) => JSON.parse(line).requestPath).toSorted()).toEqual(paths.toSorted());
    }
  });

  it("goes on with what it knows while DynamoDB is away, and catches up when it is back", async () => {
    const { client } = deployment.plane;
    const port = await startTarget((_request, response) => response.end("known"));
    const { id, host, listenerId } = await serviceOf([port]);
    await eventually(async () => (await get(host)).body, "known");

    deployment.aws.faults = () => away;
    onTestFinished(() => {
      deployment.aws.faults = () => undefined;
    });
    await client.updateListener({
      serviceIdentifier: id,
      listenerIdentifier: listenerId,
      defaultAction: { fixedResponse: { statusCode: 500 } },
    });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect((await get(host)).body).toBe("known");
    expect((await fetch(`${gateway.healthUrl}/health`)).status).toBe(200);
    deployment.aws.faults = () => undefined;
    await eventually(async () => (await get(host)).status, 500);
  });

  it("serves HTTPS with its own certificate and with imported ones, and no name without one", async () => {
    const { client, url } = deployment.plane;
    const folder = mkdtempSync(join(tmpdir(), "gateway-tls-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [own, imported] = await Promise.all([
      makeCertificate(["*.7d67968.vpc-lattice-svcs.us-west-2.mesh.example.com"]),
      makeCertificate(["shop.example.org"]),
    ]);
    const files = ["tls.crt", "tls.key"].map((name) => join(folder, name));
    for (const [i, pem] of [own.certificate, own.privateKey].entries()) writeFileSync(files[i] ?? "", pem);
    await using secure = await startGatewayProcess({ ...deployment.env, PERGOLA_TLS_FILES: files.join(":") });
    const port = await startTarget((_request, response) => response.end("ok"));
    const { id, host, defaultAction } = await serviceOf([port]);
    await newListener(client, id, { protocol: "HTTPS", port: 443, defaultAction });
    const shop = await serviceOf([port], { customDomainName: "shop.example.org" });
    await newListener(client, shop.id, { protocol: "HTTPS", port: 443, defaultAction: shop.defaultAction });

    const shown = async (servername: string): Promise<string | undefined> => {
      const socket = connectTls({ host: "127.0.0.1", port: secure.httpsPort, servername, rejectUnauthorized: false });
      try {
        await once(socket, "secureConnect");
        const serial = socket.getPeerX509Certificate()?.toString();
        socket.write(`GET / HTTP/1.1\r\nHost: ${servername}\r\nConnection: close\r\n\r\n`);
        expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /);
        return serial;
      } catch {
        return undefined;
      } finally {
        socket.destroy();
      }
    };
    await eventually(() => shown(host), `${own.certificate.trim()}\n`);
    expect(await shown("shop.example.org")).toBeUndefined();
    const base64 = (pem: string): string => Buffer.from(pem).toString("base64");
    const input = { Certificate: base64(imported.certificate), PrivateKey: base64(imported.privateKey) };
    expect(await callJson(url, "CertificateManager.ImportCertificate", input)).toMatchObject({ status: 200 });
    await eventually(() => shown("shop.example.org"), `${imported.certificate.trim()}\n`);
    expect(await shown("nobody.example.org")).toBeUndefined();
  });

  it("drains: says so, finishes what is in flight, hands over every record, and ends with 0", async () => {
    const { client } = deployment.plane;
    const slow = Promise.withResolvers<void>();
    const port = await startTarget((request, response) => {
      if (request.url === "/slow") void slow.promise.then(() => response.end("at last"));
      else response.end("ok");
    });
    const { id, host } = await serviceOf([port]);
    await client.createAccessLogSubscription({
      resourceIdentifier: id,
      destinationArn: "arn:aws:s3:::drained-records",
    });
    await using ending = await startGatewayProcess({ ...deployment.env, PERGOLA_DRAIN_DELAY_MS: "400" });
    const health = async () => (await fetch(`${ending.healthUrl}/health`)).status;
    await eventually(async () => (await get(host, "/", {}, ending.httpPort)).status, 200);
    await deployment.receive(1_000);
    expect(await health()).toBe(200);
    const answer = get(host, "/slow", {}, ending.httpPort);
    await new Promise((resolve) => setTimeout(resolve, 100));

    const ended = ending.end();
    await eventually(health, 503);
    expect((await get(host, "/late", {}, ending.httpPort)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 600));
    const refused = connect(ending.httpPort, "127.0.0.1");
    expect(((await once(refused, "error")) as [NodeJS.ErrnoException])[0].code).toBe("ECONNREFUSED");
    slow.resolve();

    expect(await answer).toMatchObject({ status: 200, body: "at last" });
    expect(await ended).toBe(0);
    const records = await deployment.receive(2);
    expect(records.map(({ line }) => JSON.parse(line).requestPath).toSorted()).toEqual(["/late", "/slow"]);
  });

  it("writes records to its log when the queue is away at the end", async () => {
    const { client } = deployment.plane;
    const port = await startTarget((_request, response) => response.end("ok"));
    const { id, host } = await serviceOf([port]);
    await client.createAccessLogSubscription({ resourceIdentifier: id, destinationArn: "arn:aws:s3:::kept-records" });
    const queue = "http://127.0.0.1:9/queue";
    await using ending = await startGatewayProcess({ ...deployment.env, PERGOLA_RECORD_QUEUE_URL: queue });
    await eventually(async () => (await get(host, "/kept", {}, ending.httpPort)).status, 200);
    deployment.aws.faults = ({ operation }) => (operation === "SendMessageBatch" ? away : undefined);
    onTestFinished(() => {
      deployment.aws.faults = () => undefined;
    });

    expect(await ending.end()).toBe(0);
    const kept = ending.lines.map(findRecordMessage).filter((found) => typeof found === "object");
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.map(({ line }) => JSON.parse(line).requestPath)).toContain("/kept");
  });

  it.each<readonly [string, Readonly<Record<string, string>>, number, RegExp]>([
    [
      "a table that is not there",
      { PERGOLA_TABLE: "no-such-table" },
      1,
      /the table `no-such-table` in us-west-2 cannot be/,
    ],
    [
      "a certificate that cannot be read",
      { PERGOLA_TLS_FILES: "/no/such.pem:/no/such.key" },
      1,
      /the certificate file \/no\/such\.pem cannot be read/,
    ],
    ["a certificate without its key", { PERGOLA_TLS_PEM: "none" }, 1, /PERGOLA_TLS_PEM has no certificate in PEM/],
    [
      "settings that cannot be used",
      { PERGOLA_TABLE: "", PERGOLA_LISTENERS: "80" },
      2,
      /PERGOLA_TABLE.*\n.*PERGOLA_LISTENERS/,
    ],
  ])("does not start with %s, and says why", async (_case, changes, code, message) => {
    const ended = await runPergola(["gateway"], { env: { ...deployment.env, ...changes } });
    expect(ended.code).toBe(code);
    expect(ended.stderr).toMatch(message);
  });
});
