import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { SecureContext } from "node:tls";
import {
  type AccessRecord,
  type ActionSnapshot,
  type ConfigStore,
  type LambdaInvoker,
  type ListenerSnapshot,
  type LogSubscriptionSnapshot,
  type NetworkSnapshot,
  openMemoryStore,
  owners,
  type ServiceSnapshot,
  type SourceVpc,
  systemClock,
  systemIds,
  type Target,
  type TargetGroupSnapshot,
  type TargetHealth,
  targetKey,
} from "@pergola/core";
import type { CredentialSource } from "@pergola/iam";
import { onTestFinished } from "vitest";
import { createDataPlane, type DataPlane, type DataPlaneOptions } from "../index.ts";

export const region = "us-west-2";
export const account = "123456789012";
export const serviceId = "svc-0a1b2c3d4e5f60718";
export const networkId = "sn-0123456789abcdef0";
export const groupId = "tg-0fedcba9876543210";
export const host = `web-0a1b2c3d4e5f60718.7d67968.vpc-lattice-svcs.${region}.localhost`;
export const serviceArn = `arn:aws:vpc-lattice:${region}:${account}:service/${serviceId}`;
export const networkArn = `arn:aws:vpc-lattice:${region}:${account}:servicenetwork/${networkId}`;
export const groupArn = `arn:aws:vpc-lattice:${region}:${account}:targetgroup/${groupId}`;
export const vpcId = "vpc-0aaa1111bbb2222cc";

export const toGroup: ActionSnapshot = { kind: "forward", targetGroups: [{ id: groupId, weight: 1 }] };

export function listener(port: number, fields: Partial<ListenerSnapshot> = {}): ListenerSnapshot {
  return { id: "listener-0123456789abcdef0", port, protocol: "HTTP", rules: [], defaultAction: toGroup, ...fields };
}

export const httpGroup: TargetGroupSnapshot = {
  id: groupId,
  arn: groupArn,
  type: "IP",
  config: { port: 80, protocol: "HTTP", protocolVersion: "HTTP1", vpcIdentifier: "vpc-0dest" },
};

export function subscription(id: string, resourceId: string): LogSubscriptionSnapshot {
  return { id, destinationKind: "s3", destinationArn: "arn:aws:s3:::logs", resourceId, account, region };
}

export function service(fields: Partial<ServiceSnapshot> = {}): ServiceSnapshot {
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
    listeners: [listener(80)],
    targetGroups: { [groupId]: httpGroup },
    logSubscriptions: [subscription("als-service", serviceId)],
    ...fields,
  };
}

export function network(fields: Partial<NetworkSnapshot> = {}): NetworkSnapshot {
  return {
    networkId,
    arn: networkArn,
    account,
    authType: "NONE",
    vpcs: [{ vpcId, account, associationId: "snva-1" }],
    logSubscriptions: [],
    ...fields,
  };
}

export interface Recorded {
  readonly record: AccessRecord;
  readonly destinations: readonly string[];
}

export interface World {
  readonly store: ConfigStore;
  readonly plane: DataPlane;
  readonly port: number;
  readonly recorded: Recorded[];
  readonly warnings: { readonly message: string; readonly details: unknown }[];
  put(owner: string, id: string, value: unknown): Promise<void>;
  putService(fields?: Partial<ServiceSnapshot>): Promise<void>;
  putNetwork(fields?: Partial<NetworkSnapshot>): Promise<void>;
  putTargets(...targets: (Pick<Target, "id"> & Partial<Target>)[]): Promise<void>;
  putHealth(target: { id: string; port?: number }, status: TargetHealth["status"]): Promise<void>;
  /** @returns the records once there are as many as `count` */
  records(count: number): Promise<AccessRecord[]>;
}

export interface WorldOptions {
  readonly listenerPort?: number;
  readonly options?: DataPlaneOptions;
  readonly vpcOf?: (address: string) => SourceVpc | "any" | undefined;
  readonly invoke?: LambdaInvoker["invoke"];
  readonly credentials?: CredentialSource;
  readonly contextFor?: (serverName: string) => Promise<SecureContext | undefined>;
  /** Wraps the store that the data plane sees. */
  readonly wrapStore?: (store: ConfigStore) => ConfigStore;
  readonly addressOf?: () => string | undefined;
}

/** A data plane on a real port with a memory store: one service in one network. Closed at the end of the test. */
export async function openWorld(given: WorldOptions = {}): Promise<World> {
  const store = openMemoryStore();
  const recorded: Recorded[] = [];
  const warnings: World["warnings"] = [];
  const note = (message: string, details?: unknown): void => {
    warnings.push({ message, details });
  };
  const plane = createDataPlane(
    {
      store: given.wrapStore?.(store) ?? store,
      region,
      vpcs: { vpcOf: given.vpcOf ?? (() => "any") },
      targets: { addressOf: given.addressOf ?? (() => undefined) },
      lambda: { invoke: given.invoke ?? (() => Promise.reject(new Error("no function"))) },
      credentials: given.credentials ?? (() => undefined),
      records: {
        write: (record, destinations) => recorded.push({ record, destinations: destinations.map((one) => one.id) }),
      },
      certificates: { contextFor: given.contextFor ?? (() => Promise.resolve(undefined)) },
      clock: systemClock,
      ids: systemIds,
      logger: { info: note, warn: note, error: note },
    },
    given.options,
  );
  const server = await plane.listen(given.listenerPort ?? 80, { host: "127.0.0.1", port: 0 });
  onTestFinished(() => plane.close(100));
  const put = (owner: string, id: string, value: unknown): Promise<void> =>
    store.transact([{ kind: "put", key: { owner, id }, value, expect: "any" }]);
  const world: World = {
    store,
    plane,
    port: server.address.port,
    recorded,
    warnings,
    put,
    putService: (fields) => put(owners.serviceSnapshots, serviceId, service(fields)),
    putNetwork: (fields) => put(owners.networkSnapshots, networkId, network(fields)),
    async putTargets(...targets) {
      for (const target of targets) {
        // Targets of tests have more to them, sockets and the like.
        const { id, port, registeredAt = "2026-01-01T00:00:00Z", drainingSince } = target;
        const value = { targetGroupId: groupId, registeredAt, id, port, drainingSince };
        await put(owners.targets(groupId), targetKey(target), value);
      }
    },
    putHealth: (target, status) =>
      put(owners.health(groupId), targetKey(target), { status, since: "2026-01-01T00:00:00Z" }),
    async records(count) {
      const deadline = Date.now() + 5_000;
      while (recorded.length < count && Date.now() < deadline) await pause(5);
      return recorded.map((one) => one.record);
    },
  };
  await world.putNetwork();
  await world.putService();
  return world;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A target: a real HTTP server. @returns its id and port for `putTargets` */
export async function openTarget(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ id: string; port: number; server: Server }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { id: "127.0.0.1", port: (server.address() as AddressInfo).port, server };
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly rawHeaders: string[];
  readonly body: string;
}

/** One request on its own connection. */
export function send(
  port: number,
  path: string,
  {
    method = "GET",
    headers = {},
    body,
    localAddress,
  }: {
    method?: string;
    headers?: Record<string, string | string[]>;
    body?: string | Buffer;
    localAddress?: string;
  } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: "127.0.0.1",
        port,
        path,
        method,
        agent: false,
        headers: { host, ...headers },
        ...(localAddress !== undefined && { localAddress }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Sends bytes as they are. @returns what comes back until the connection ends or is silent for `quiet` milliseconds */
export async function sendRaw(port: number, bytes: string | string[], quiet = 700): Promise<string> {
  const socket = await openSocket(port);
  const chunks: Buffer[] = [];
  const done = Promise.withResolvers<void>();
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => done.resolve());
  socket.on("close", () => done.resolve());
  socket.setTimeout(quiet, () => done.resolve());
  for (const part of [bytes].flat()) {
    socket.write(part, "latin1");
    await pause(10);
  }
  await done.promise;
  socket.destroy();
  return Buffer.concat(chunks).toString("latin1");
}

export async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return socket;
}

/** @returns the status codes of the responses in raw bytes, in order */
export function statuses(raw: string): number[] {
  return [...raw.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}
