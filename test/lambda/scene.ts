import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDynamoStore } from "@pergola/aws";
import {
  type ConfigStore,
  type LogSubscriptionSnapshot,
  type NetworkSnapshot,
  owners,
  type ServiceSnapshot,
  type TargetGroupSnapshot,
  targetKey,
} from "@pergola/core";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { AwsStandIn } from "./aws-stand-in.ts";
import { bundleEntries, type EntryName } from "./bundle.ts";
import { bundleOf, type RunningEntry, runEntry } from "./run-entry.ts";

export const region = "us-west-2";
export const account = "123456789012";
export const serviceId = "svc-0a1b2c3d4e5f60718";
export const networkId = "sn-0123456789abcdef0";
export const groupId = "tg-0fedcba9876543210";
export const host = `web-0a1b2c3d4e5f60718.7d67968.vpc-lattice-svcs.${region}.on.aws`;
export const serviceArn = `arn:aws:vpc-lattice:${region}:${account}:service/${serviceId}`;
export const functionArn = `arn:aws:lambda:${region}:${account}:function:hello`;
const networkArn = `arn:aws:vpc-lattice:${region}:${account}:servicenetwork/${networkId}`;

export const subscription: LogSubscriptionSnapshot = {
  id: "als-0123456789abcdef0",
  destinationKind: "s3",
  destinationArn: "arn:aws:s3:::logs",
  resourceId: serviceId,
  account,
  region,
};

const httpGroup: TargetGroupSnapshot = {
  id: groupId,
  arn: `arn:aws:vpc-lattice:${region}:${account}:targetgroup/${groupId}`,
  type: "IP",
  config: { port: 80, protocol: "HTTP", protocolVersion: "HTTP1" },
};
export const lambdaGroup: TargetGroupSnapshot = { ...httpGroup, type: "LAMBDA", config: {} };

/** @returns a service with an HTTPS listener on port 443 that forwards everything to one group, and logs */
export function service(fields: Partial<ServiceSnapshot> = {}): ServiceSnapshot {
  const forward = { kind: "forward", targetGroups: [{ id: groupId, weight: 1 }] } as const;
  return {
    serviceId,
    arn: serviceArn,
    account,
    region,
    name: "web",
    domainName: host,
    authType: "NONE",
    idleTimeoutSeconds: 60,
    tags: {},
    networkIds: [networkId],
    listeners: [{ id: "listener-0123456789abcdef0", port: 443, protocol: "HTTPS", rules: [], defaultAction: forward }],
    targetGroups: { [groupId]: httpGroup },
    logSubscriptions: [subscription],
    ...fields,
  };
}

function network(): NetworkSnapshot {
  return {
    networkId,
    arn: networkArn,
    account,
    authType: "NONE",
    vpcs: [{ vpcId: "vpc-0aaa1111bbb2222cc", account, associationId: "snva-0123456789abcdef0" }],
    logSubscriptions: [],
  };
}

/** Bundles entries once for a test file. @returns where they are */
export function useBundles(...names: EntryName[]): { readonly dir: string } {
  const dir = mkdtempSync(join(tmpdir(), "lambda-entries-"));
  beforeAll(async () => void (await bundleEntries(names, dir)), 60_000);
  afterAll(() => rmSync(dir, { recursive: true }));
  return { dir };
}

/** A deployment: AWS as far as the entries need it, with one service in one network. */
export interface Scene {
  readonly aws: AwsStandIn;
  readonly endpoint: string;
  readonly store: ConfigStore;
  put(owner: string, id: string, value: unknown): Promise<void>;
  putService(fields?: Partial<ServiceSnapshot>): Promise<void>;
  putTarget(target: { readonly id: string; readonly port?: number }): Promise<void>;
  /** Bodies of the record queue's messages. */
  readonly queued: string[];
  /** What every entry gets. */
  readonly env: Readonly<Record<string, string>>;
  start(dir: string, name: EntryName, env?: Readonly<Record<string, string>>): Promise<RunningEntry>;
}

export async function openScene(): Promise<Scene> {
  const aws = new AwsStandIn();
  const endpoint = await aws.listen();
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const store = createDynamoStore({ client: { region, endpoint, credentials }, table: "pergola", logger });
  onTestFinished(async () => {
    await store.close();
    aws.close();
  });
  const queued: string[] = [];
  aws.operations.set("AmazonSQS.SendMessageBatch", ({ Entries }) => {
    const entries = Entries as { Id: string; MessageBody: string }[];
    queued.push(...entries.map(({ MessageBody }) => MessageBody));
    return { Successful: entries.map(({ Id }) => ({ Id, MessageId: Id, MD5OfMessageBody: "" })), Failed: [] };
  });
  const put: Scene["put"] = (owner, id, value) =>
    store.transact([{ kind: "put", key: { owner, id }, value, expect: "any" }]);
  const env = {
    PERGOLA_TABLE: "pergola",
    PERGOLA_ACCOUNT_ID: account,
    PERGOLA_AWS_ENDPOINT: endpoint,
    PERGOLA_SOURCE_VPC: "any",
    PERGOLA_TRUST_FORWARDED_HOST: "1",
    PERGOLA_RECORD_QUEUE_URL: `${endpoint}/queue`,
  };
  const scene: Scene = {
    aws,
    endpoint,
    store,
    put,
    queued,
    putService: (fields) => put(owners.serviceSnapshots, serviceId, service(fields)),
    putTarget: (target) =>
      put(owners.targets(groupId), targetKey(target), {
        targetGroupId: groupId,
        registeredAt: "2026-11-23T00:00:00Z",
        ...target,
      }),
    env,
    start: (dir, name, more = {}) => runEntry(bundleOf(dir, name), { ...env, ...more }),
  };
  await put(owners.networkSnapshots, networkId, network());
  await scene.putService();
  aws.reads.length = 0;
  return scene;
}

/** A target on a real socket. */
export async function openTarget(answer: RequestListener): Promise<{ id: string; port: number; close(): void }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  return { id: "127.0.0.1", port: (server.address() as AddressInfo).port, close };
}

interface UrlRequest {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly iam?: Readonly<Record<string, unknown>>;
}

/** @returns the event that a function URL makes of a request, shaped like a captured one */
export function urlEvent({
  method = "GET",
  path = "/",
  query = "",
  headers = {},
  body,
  iam,
}: UrlRequest = {}): Record<string, unknown> {
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: query,
    headers: {
      "x-amzn-tls-cipher-suite": "TLS_AES_128_GCM_SHA256",
      "x-amzn-tls-version": "TLSv1.3",
      "x-amzn-trace-id": "Root=1-6920f3c5-0123456789abcdef01234567",
      "x-forwarded-proto": "https",
      "x-forwarded-port": "443",
      "x-forwarded-for": "203.0.113.7",
      "x-forwarded-host": host,
      host: "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-west-2.on.aws",
      accept: "*/*",
      "user-agent": "curl/8.5.0",
      ...headers,
    },
    requestContext: {
      accountId: "anonymous",
      apiId: "abcdefghijklmnopqrstuvwxyz012345",
      domainName: "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-west-2.on.aws",
      domainPrefix: "abcdefghijklmnopqrstuvwxyz012345",
      ...(iam && { authorizer: { iam } }),
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "203.0.113.7", userAgent: "curl/8.5.0" },
      requestId: "8e3a2a0e-3a3c-4b0e-9d1c-2f1f6f1f0a01",
      routeKey: "$default",
      stage: "$default",
      time: "23/Nov/2026:10:00:00 +0000",
      timeEpoch: 1795600800000,
    },
    ...(body !== undefined && { body: body.toString(Buffer.isBuffer(body) ? "base64" : "utf8") }),
    isBase64Encoded: Buffer.isBuffer(body),
  };
}

/** @returns the event that a load balancer makes of a request, as the Elastic Load Balancing user guide shows it */
export function albEvent({
  method = "GET",
  path = "/",
  headers = {},
  body = "",
  query = { a: ["1", "2"] },
}: Omit<UrlRequest, "query" | "iam"> & { readonly query?: Readonly<Record<string, readonly string[]>> } = {}): Record<
  string,
  unknown
> {
  const given = Object.entries({ host, "x-forwarded-for": "10.0.0.7", ...headers });
  return {
    requestContext: {
      elb: { targetGroupArn: "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/router/1" },
    },
    httpMethod: method,
    path,
    multiValueQueryStringParameters: query,
    multiValueHeaders: {
      ...Object.fromEntries(given.map(([name, value]) => [name, [value]])),
      "x-forwarded-port": ["443"],
      "x-forwarded-proto": ["https"],
      "x-tag": ["a", "b"],
    },
    body: body.toString(Buffer.isBuffer(body) ? "base64" : "utf8"),
    isBase64Encoded: Buffer.isBuffer(body),
  };
}
