import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { RAM } from "@aws-sdk/client-ram";
import { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import {
  type ApiResponse,
  type ControlPlaneOptions,
  type ControlPlaneSettings,
  createControlPlane,
} from "@pergola/control-plane";
import { type ConfigStore, headerValue, openMemoryStore, type Scope, systemClock, systemIds } from "@pergola/core";

export const account = "123456789012";
export const otherAccount = "999900001111";
export const region = "us-west-2";

export interface HarnessOptions extends Partial<Omit<ControlPlaneOptions, "settings">> {
  readonly settings?: Partial<ControlPlaneSettings>;
}

/** AWS's own two listeners and ten rules are too few for most tests; those of quotas ask for `quotas: {}`. */
const roomy = { "L-D64E952E": 1000, "L-CF78395E": 2000, "L-3DEC3B9F": 1000 };

/** What a request over a plain socket got back. */
export interface RawAnswer extends ApiResponse {
  /** The body as JSON, undefined when it is empty. */
  readonly json: unknown;
}

/** A control plane behind a real HTTP server, with AWS's own client to talk to it. */
export interface ControlPlaneHarness extends AsyncDisposable {
  readonly url: string;
  readonly store: ConfigStore;
  readonly client: VPCLattice;
  /** What the control plane logged as errors: its own faults. */
  readonly faults: readonly Readonly<Record<string, unknown>>[];
  /** A client of another account or region. Retries are off, so that every answer is seen. */
  clientOf(scope: Partial<Scope>): VPCLattice;
  /** The same of AWS Resource Access Manager. */
  ramOf(scope: Partial<Scope>): RAM;
  /** Sends a request with nothing added by an SDK. */
  send(method: string, target: string, body?: string | Uint8Array): Promise<RawAnswer>;
}

/**
 * Serves a control plane on a free port, on a memory store unless another store is given. The account of a caller is its access
 * key id (so an account number), the region that of the credential scope; unsigned requests are the default account's.
 */
export async function startControlPlane(options: HarnessOptions = {}): Promise<ControlPlaneHarness> {
  const { settings, ...ports } = options;
  const faults: Record<string, unknown>[] = [];
  const store = options.store ?? openMemoryStore(options.clock);
  const plane = createControlPlane({
    store,
    clock: systemClock,
    ids: systemIds,
    targets: { addressOf: () => "10.0.0.1" },
    logger: { info: () => {}, warn: () => {}, error: (message, details) => void faults.push({ message, ...details }) },
    callerOf,
    ...ports,
    settings: {
      domain: "localhost",
      defaultAccount: account,
      defaultRegion: region,
      settleMs: 0,
      quotas: roomy,
      ...settings,
    },
  });
  // A server that closes idle connections would race with requests on them where a busy machine halts a test for seconds.
  const server = createServer({ maxHeaderSize: 65_536, keepAliveTimeout: 120_000 }, (request, response) => {
    const answer = async (): Promise<void> => {
      const { method = "", url = "", rawHeaders } = request;
      const { status, headers, body } = await plane.handle({
        method,
        target: url,
        rawHeaders,
        body: await read(request),
      });
      response.writeHead(status, headers).end(body);
    };
    answer().catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients: { destroy(): void }[] = [];
  const opened = <C extends { destroy(): void }>(client: C): C => {
    clients.push(client);
    return client;
  };
  const configOf = (scope: Partial<Scope>) => ({
    endpoint: url,
    region: scope.region ?? region,
    credentials: { accessKeyId: scope.account ?? account, secretAccessKey: "not-verified" },
    maxAttempts: 1,
  });
  const clientOf = (scope: Partial<Scope>): VPCLattice => opened(new VPCLattice(configOf(scope)));
  return {
    url,
    store,
    faults,
    client: clientOf({}),
    clientOf,
    ramOf: (scope) => opened(new RAM(configOf(scope))),
    send: (method, target, body) => send(url, method, target, body),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      if (options.store === undefined) await store.close();
    },
  };
}

const credentialPattern = /Credential=(\d{12})\/\d{8}\/([a-z0-9-]+)\/(?:vpc-lattice|ram)\/aws4_request/;

function callerOf(rawHeaders: readonly string[]): Scope {
  const match = credentialPattern.exec(headerValue(rawHeaders, "authorization") ?? "");
  return { account: match?.[1] ?? account, region: match?.[2] ?? region };
}

async function read(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function send(url: string, method: string, target: string, body?: string | Uint8Array): Promise<RawAnswer> {
  const init = { method, headers: { "content-type": "application/json" } };
  const response = await fetch(`${url}${target}`, body === undefined ? init : { ...init, body: Buffer.from(body) });
  const text = await response.text();
  const json: unknown = text === "" ? undefined : JSON.parse(text);
  return { status: response.status, headers: Object.fromEntries(response.headers), body: text, json };
}
