import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { createInterface } from "node:readline";
import { buffer, text } from "node:stream/consumers";
import {
  CreateServiceCommand,
  DeleteServiceCommand,
  ListServicesCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  VPCLatticeClient,
} from "@aws-sdk/client-vpc-lattice";
import { createControlPlane } from "@pergola/control-plane";
import { openMemoryStore, systemClock, systemIds } from "@pergola/core";
import { type Credential, createSignatureVerifier, Secret, type SignatureResult } from "@pergola/iam";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mainFile, runPergola } from "../cli/run-pergola.ts";

const account = "123456789012";
const region = "us-west-2";
const key: Credential = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secret: new Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
  sessionToken: "the/session+token==",
  principal: { kind: "aws", arn: `arn:aws:iam::${account}:user/ann`, account, type: "User", tags: {} },
};
const env = {
  AWS_ACCESS_KEY_ID: key.accessKeyId,
  AWS_SECRET_ACCESS_KEY: key.secret.reveal(),
  AWS_SESSION_TOKEN: key.sessionToken ?? "",
  AWS_EC2_METADATA_DISABLED: "true",
};

interface Received {
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  readonly result: SignatureResult;
}

/** As a function URL with AWS_IAM: what is not signed for `lambda` does not get through. */
async function startDeployment(received: Received[]): Promise<Server> {
  const store = openMemoryStore();
  const control = createControlPlane({
    store,
    clock: systemClock,
    ids: systemIds,
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    settings: {
      domain: "on.aws",
      defaultAccount: account,
      defaultRegion: region,
      settleMs: 0,
      refuseLoopbackTargets: true,
    },
    targets: { addressOf: () => undefined },
    callerOf: () => ({ account, region }),
  });
  const verifier = createSignatureVerifier({ service: "lambda", region, payload: "any" }, (id) =>
    id === key.accessKeyId ? key : undefined,
  );
  const server = createServer(async (request, response) => {
    const { method = "", url: target = "", rawHeaders, headers } = request;
    const body = await buffer(request);
    const [path = "", query = ""] = target.split("?");
    const bodyHash = createHash("sha256").update(body).digest("hex");
    const result = verifier.verify({ method, path, query, rawHeaders }, new Date(), bodyHash);
    received.push({ target, headers, result });
    if (target === "/broken") return void response.destroy();
    if (target === "/cut") {
      response.writeHead(200, { "content-length": "100" }).write("half");
      return void setTimeout(() => response.destroy(), 50);
    }
    if (result.kind !== "verified") return void response.writeHead(403).end(JSON.stringify({ Message: "Forbidden" }));
    const answer = await control.handle({ method, target, rawHeaders, body });
    response.writeHead(answer.status, { ...answer.headers }).end(Buffer.from(answer.body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

interface RunningProxy extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Ends it as an operator does. @returns the exit code */
  end(): Promise<number>;
  readonly stderr: Promise<string>;
}

async function startProxy(endpoint: string, more: Readonly<Record<string, string>> = env): Promise<RunningProxy> {
  const args = [mainFile, "proxy", "--endpoint-url", endpoint, "--port", "0", "--region", region];
  const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH ?? "", ...more } });
  const stderr = text(child.stderr);
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, "line"), exited.then(async () => [await stderr])])) as [string];
  const port = Number(/^http:\/\/127\.0\.0\.1:(\d+) signs for/.exec(line)?.[1]);
  if (!(port > 0)) throw new Error(`the proxy did not start: ${line}`);
  const end = async (): Promise<number> => {
    child.kill("SIGTERM");
    return ((await exited) as [number])[0];
  };
  return { port, url: `http://127.0.0.1:${port}`, end, stderr, [Symbol.asyncDispose]: async () => void (await end()) };
}

describe("pergola proxy", () => {
  let received: Received[];
  let deployment: Server;
  let endpoint: string;
  let proxy: RunningProxy;
  beforeEach(async () => {
    received = [];
    deployment = await startDeployment(received);
    endpoint = `http://127.0.0.1:${(deployment.address() as AddressInfo).port}`;
    proxy = await startProxy(endpoint);
  });
  afterEach(async () => {
    await proxy[Symbol.asyncDispose]();
    deployment.closeAllConnections();
    deployment.close();
  });

  it("lets AWS's client manage a deployment, with whatever credentials it signs", async () => {
    const credentials = { accessKeyId: "AKIANOBODY0000000000", secretAccessKey: "none" };
    const client = new VPCLatticeClient({ endpoint: proxy.url, region, credentials, maxAttempts: 1 });

    const { arn: resourceArn = "", id } = await client.send(
      new CreateServiceCommand({ name: "web", tags: { a: "b c/d" } }),
    );
    await client.send(new TagResourceCommand({ resourceArn, tags: { team: "ä +/=@:b" } }));
    await client.send(new UntagResourceCommand({ resourceArn, tagKeys: ["a", "no such+key:/"] }));
    const { tags } = await client.send(new ListTagsForResourceCommand({ resourceArn }));
    const { items = [] } = await client.send(new ListServicesCommand({ maxResults: 5 }));
    const missing = client.send(new DeleteServiceCommand({ serviceIdentifier: "svc-00000000000000000" }));
    await expect(missing).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      $metadata: { httpStatusCode: 404 },
    });

    expect(tags).toEqual({ team: "ä +/=@:b" });
    expect(items.map((one) => one.id)).toEqual([id]);
    expect(received.map(({ result }) => result.kind)).toEqual(Array(6).fill("verified"));
    for (const { headers } of received) {
      expect(headers.authorization).toContain("/lambda/aws4_request");
      expect(headers["x-amz-security-token"]).toBe(key.sessionToken);
      expect(headers.authorization).not.toContain("AKIANOBODY");
    }
    client.destroy();
  });

  const send = async (
    options: { path?: string; method?: string; headers?: Record<string, string> } = {},
    body = "",
  ): Promise<{ status: number | undefined; text: string }> => {
    const { path = "/services", method = "GET", headers = {} } = options;
    const outgoing = httpRequest({ host: "127.0.0.1", port: proxy.port, path, method, headers, agent: false });
    outgoing.end(body);
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    return { status: response.statusCode, text: await text(response) };
  };

  it("takes away what a client could sign or forward in the caller's name", async () => {
    const forged = {
      authorization:
        "AWS4-HMAC-SHA256 Credential=x/20261123/us-west-2/lambda/aws4_request, SignedHeaders=host, Signature=0",
      "x-amz-security-token": "forged",
      "x-amz-date": "20200101T000000Z",
      "x-amz-source-account": "999999999999",
      "x-forwarded-for": "10.0.0.1",
      cookie: "a=b",
      connection: "keep-alive, x-secret-hop",
      "x-secret-hop": "1",
      "user-agent": "me",
    };
    expect((await send({ headers: forged })).status).toBe(200);

    const [{ headers, result } = { headers: {}, result: undefined }] = received;
    expect(result?.kind).toBe("verified");
    expect(headers).toMatchObject({ "x-amz-security-token": key.sessionToken, "user-agent": "me" });
    for (const name of ["x-amz-source-account", "x-forwarded-for", "cookie"]) expect(headers).not.toHaveProperty(name);
  });

  it("passes the name of an operation on, signed: the companions of the API are reached through it", async () => {
    const target = "ResourceGroupsTaggingAPI_20170126.GetTagKeys";
    const headers = { "x-amz-target": target, "content-type": "application/x-amz-json-1.1" };
    const answer = await send({ path: "/", method: "POST", headers }, "{}");

    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([200, { TagKeys: [] }]);
    expect(received[0]?.headers["x-amz-target"]).toBe(target);
    expect(received[0]?.headers.authorization).toMatch(/SignedHeaders=[^,]*;x-amz-target/);
    expect(received[0]?.result.kind).toBe("verified");
  });

  it.each([
    ["a rebound name", { host: "attacker.example" }],
    ["a name that begins like this machine's", { host: "127.0.0.1.attacker.example" }],
    ["another port", { host: "127.0.0.1:1" }],
    ["an origin", { origin: "https://attacker.example" }],
    ["an origin that is null", { origin: "null" }],
    ["an origin that is its own", { origin: "http://127.0.0.1" }],
    ["what browsers say of a request", { "sec-fetch-site": "cross-site" }],
  ])("refuses a request with %s", async (_case, headers) => {
    const answer = await send({ headers });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("pergola proxy");
    expect(received).toEqual([]);
  });

  it("refuses two Host headers and none", async () => {
    const own = `Host: 127.0.0.1:${proxy.port}\r\n`;
    for (const host of [`${own}${own}`, ""]) {
      const socket = connect(proxy.port, "127.0.0.1");
      socket.end(`GET /services HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 40[03] /);
    }
    expect(received).toEqual([]);
  });

  it.each([
    ["larger than 1 MiB", 413, { method: "POST" }, "a".repeat(1024 * 1024 + 1)],
    ["whose query cannot be read", 400, { path: "/services?a=%zz" }, ""],
  ])("refuses a request %s with %d", async (_case, status, options, body) => {
    expect((await send(options, body)).status).toBe(status);
    expect(received).toEqual([]);
  });

  it("says so when the deployment breaks off before its answer, and breaks off when it does within", async () => {
    expect(await send({ path: "/broken" })).toMatchObject({ status: 503, text: expect.stringContaining(endpoint) });
    await expect(send({ path: "/cut" })).rejects.toThrow();
    expect((await send()).status).toBe(200);
  });

  it("says so when the deployment is away", async () => {
    deployment.closeAllConnections();
    await new Promise((done) => deployment.close(done));
    expect((await send()).status).toBe(503);
  });

  it("ends when it is asked to, and is closed then", async () => {
    expect(await proxy.end()).toBe(0);
    await expect(send()).rejects.toThrow("ECONNREFUSED");
  });

  it("is open to this machine alone", async () => {
    const [address] = Object.values((await import("node:os")).networkInterfaces())
      .flat()
      .filter((one) => one?.family === "IPv4" && !one.internal);
    const other = address?.address ?? "127.0.0.2";
    const socket = connect(proxy.port, other);
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNREFUSED");
  });
});

it.each<readonly [string, string, readonly string[], Readonly<Record<string, string>>]>([
  ["plain HTTP to another machine", "must be an https URL", ["--endpoint-url", "http://x.example"], env],
  ["a path", "without a path", ["--endpoint-url", "https://x.example/prod"], env],
  ["no endpoint", "--endpoint-url", [], env],
  [
    "no credentials",
    "no AWS credentials",
    ["--endpoint-url", "https://x.example"],
    { AWS_EC2_METADATA_DISABLED: "true" },
  ],
])("pergola proxy does not start with %s", async (_case, message, args, environment) => {
  const { code, stderr } = await runPergola(["proxy", "--port", "0", ...args], { env: environment });
  expect(code).toBeGreaterThan(0);
  expect(stderr).toContain(message);
});
