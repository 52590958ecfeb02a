import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateListenerCommand,
  CreateServiceCommand,
  DeleteListenerCommand,
  GetServiceCommand,
  ListServicesCommand,
  VPCLatticeClient,
} from "@aws-sdk/client-vpc-lattice";
import type { Logger } from "@pergola/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadSettings } from "./config/settings.ts";
import { DataDirInUse } from "./data-dir-lock.ts";
import { type RunningServer, startServer } from "./start-server.ts";

let dir: string;
const running: RunningServer[] = [];
const clients: VPCLatticeClient[] = [];
let warnings: string[];
const logger: Logger = {
  info: () => {},
  warn: (message) => void warnings.push(message),
  error: (message, details) => void warnings.push(`${message} ${JSON.stringify(details)}`),
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "pergola-server-"));
  warnings = [];
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await Promise.all(running.splice(0).map((server) => server.close(0)));
  await rm(dir, { recursive: true });
});

async function start(flags: Record<string, string | boolean> = {}): Promise<RunningServer> {
  const ports = { apiPort: "0", httpPort: "0", httpsPort: "0" };
  const server = await startServer(loadSettings({}, { ...ports, ...flags }, dir), logger);
  running.push(server);
  return server;
}

function clientOf(
  { apiUrl }: RunningServer,
  accessKeyId = "unknown",
  secretAccessKey = "secret",
  region = "us-west-2",
) {
  const client = new VPCLatticeClient({
    endpoint: apiUrl,
    region,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
  clients.push(client);
  return client;
}

async function occupied(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { server, port: (server.address() as AddressInfo).port };
}

async function freePort(): Promise<number> {
  const { server, port } = await occupied();
  await new Promise((done) => server.close(done));
  return port;
}

function get(port: number, host: string): Promise<number | undefined> {
  return new Promise((done, fail) => {
    const request = httpRequest({ host: "127.0.0.1", port, headers: { host }, agent: false }, (response) => {
      response.resume();
      done(response.statusCode);
    });
    request.on("error", fail);
    request.end();
  });
}

const fixed = { fixedResponse: { statusCode: 404 } };

describe("a running server", () => {
  it("is healthy, and closes without a trace of an error", async () => {
    const server = await start();

    const answer = await fetch(`${server.apiUrl}/pergola/health`);
    expect(await answer.json()).toMatchObject({ status: "ok" });
    expect(server.httpPort).toBeGreaterThan(0);
    expect(server.httpsPort).toBeGreaterThan(0);
    await server.close();

    await expect(fetch(`${server.apiUrl}/pergola/health`)).rejects.toThrow();
    expect(warnings).toEqual([]);
  });

  it("keeps what was configured over a restart", async () => {
    const first = await start();
    const { id } = await clientOf(first).send(new CreateServiceCommand({ name: "kept" }));
    await first.close();

    const service = await clientOf(await start()).send(new GetServiceCommand({ serviceIdentifier: id }));

    expect(service.name).toBe("kept");
  });

  it("has a listener's port open when the call that made it returns, and closed after its deletion", async () => {
    const server = await start();
    const client = clientOf(server);
    const port = await freePort();
    const { id: serviceIdentifier } = await client.send(new CreateServiceCommand({ name: "on-a-port" }));
    const listener = await client.send(
      new CreateListenerCommand({ serviceIdentifier, name: "http", protocol: "HTTP", port, defaultAction: fixed }),
    );

    expect(await get(port, "nobody.localhost")).toBe(404);

    await client.send(new DeleteListenerCommand({ serviceIdentifier, listenerIdentifier: listener.id }));
    await expect(get(port, "nobody.localhost")).rejects.toThrow("ECONNREFUSED");
  });

  it("opens listeners' ports again after a restart", async () => {
    const first = await start();
    const client = clientOf(first);
    const port = await freePort();
    const { id: serviceIdentifier } = await client.send(new CreateServiceCommand({ name: "on-a-port" }));
    await client.send(
      new CreateListenerCommand({ serviceIdentifier, name: "http", protocol: "HTTP", port, defaultAction: fixed }),
    );
    await first.close();
    await expect(get(port, "nobody.localhost")).rejects.toThrow("ECONNREFUSED");

    await start();

    expect(await get(port, "nobody.localhost")).toBe(404);
  });

  it("answers the call that asks for a port that is taken, and shows the failure", async () => {
    const server = await start();
    const client = clientOf(server);
    const { server: other, port } = await occupied();
    const { id: serviceIdentifier } = await client.send(new CreateServiceCommand({ name: "unlucky" }));

    await client.send(
      new CreateListenerCommand({ serviceIdentifier, name: "http", protocol: "HTTP", port, defaultAction: fixed }),
    );

    const { listeners } = (await (await fetch(`${server.apiUrl}/pergola/listeners`)).json()) as {
      listeners: unknown[];
    };
    expect(listeners).toContainEqual({
      listenerPort: port,
      state: "failed",
      error: `127.0.0.1:${port} is in use by another process`,
      services: [serviceIdentifier],
    });
    expect(warnings.join()).toContain("in use by another process");
    await new Promise((done) => other.close(done));
  });

  it("starts and says so when the port for HTTPS is taken", async () => {
    const { server: other, port } = await occupied();

    const server = await start({ httpsPort: String(port) });

    expect(server.httpsPort).toBeUndefined();
    expect(server.httpPort).toBeGreaterThan(0);
    await new Promise((done) => other.close(done));
  });

  it("keeps accounts and regions apart by access key and credential scope", async () => {
    const config = {
      identities: [
        {
          accessKeyId: "AKIAOTHER",
          secretAccessKey: "a-secret-of-other",
          principal: "arn:aws:iam::999900001111:user/other",
        },
      ],
    };
    await writeFile(join(dir, "pergola.json"), JSON.stringify(config), { mode: 0o600 });
    const server = await start();

    await clientOf(server).send(new CreateServiceCommand({ name: "mine" }));
    const theirs = await clientOf(server, "AKIAOTHER").send(new CreateServiceCommand({ name: "theirs" }));
    const abroad = await clientOf(server, "unknown", "x", "eu-west-1").send(
      new CreateServiceCommand({ name: "abroad" }),
    );

    expect(theirs.arn).toMatch(/^arn:aws:vpc-lattice:us-west-2:999900001111:/);
    expect(abroad.arn).toMatch(/^arn:aws:vpc-lattice:eu-west-1:123456789012:/);
    const { items } = await clientOf(server).send(new ListServicesCommand({}));
    expect(items?.map(({ name }) => name)).toEqual(["mine"]);
  });
});

describe("a server that requires signatures", () => {
  const secretAccessKey = "the-right-secret";
  beforeEach(async () => {
    const principal = "arn:aws:iam::123456789012:user/admin";
    const config = { identities: [{ accessKeyId: "AKIAADMIN", secretAccessKey, principal }] };
    await writeFile(join(dir, "pergola.json"), JSON.stringify(config), { mode: 0o600 });
  });

  it("takes signed requests, with a body and without", async () => {
    const client = clientOf(await start({ requireAuth: true }), "AKIAADMIN", secretAccessKey);

    await client.send(new CreateServiceCommand({ name: "signed" }));
    expect((await client.send(new ListServicesCommand({ maxResults: 5 }))).items).toHaveLength(1);
  });

  it.each([
    ["a wrong secret", "AKIAADMIN", "another-secret", "us-west-2"],
    ["an unknown key", "AKIAOTHER", secretAccessKey, "us-west-2"],
    ["another region", "AKIAADMIN", secretAccessKey, "eu-west-1"],
  ])("refuses %s and changes nothing", async (_what, key, secret, region) => {
    const server = await start({ requireAuth: true });

    await expect(
      clientOf(server, key, secret, region).send(new CreateServiceCommand({ name: "refused" })),
    ).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
    const { items } = await clientOf(server, "AKIAADMIN", secretAccessKey).send(new ListServicesCommand({}));
    expect(items).toEqual([]);
  });

  it("refuses unsigned requests by name, and shows its health to anyone", async () => {
    const { apiUrl } = await start({ requireAuth: true });

    for (const path of ["/services", "/pergola/listeners", "/pergola/metrics", "/metrics"]) {
      const answer = await fetch(apiUrl + path);
      expect(answer.status).toBe(403);
      expect(answer.headers.get("x-amzn-errortype")).toBe("MissingAuthenticationTokenException");
    }
    expect((await fetch(`${apiUrl}/pergola/health`)).status).toBe(200);
  });
});

describe("a start that fails", () => {
  it("because the data directory is in use leaves the first server alone", async () => {
    const first = await start();

    await expect(start()).rejects.toThrow(DataDirInUse);

    expect((await fetch(`${first.apiUrl}/pergola/health`)).status).toBe(200);
  });

  it.each([
    ["the API's port is taken", async () => ({ apiPort: String((await occupied()).port) }), "EADDRINUSE"],
    [
      "pergola.json has a fault",
      async () => writeFile(join(dir, "pergola.json"), '{"vpc":[]}').then(() => ({})),
      "vpc: is not known",
    ],
    ["the named configuration is missing", async () => ({ config: "nowhere.json" }), "there is no such file"],
    [
      "the authority is damaged",
      async () => {
        await (await start()).close();
        await writeFile(join(dir, ".pergola", "ca.pem"), "no certificate");
        return {};
      },
      "damaged",
    ],
  ])("because %s leaves nothing behind", async (_why, arrange, message) => {
    const flags: Record<string, string> = await arrange();
    await expect(start(flags)).rejects.toThrow(message);

    await rm(join(dir, "pergola.json"), { force: true });
    await rm(join(dir, ".pergola", "ca.pem"), { force: true });
    expect((await fetch(`${(await start()).apiUrl}/pergola/health`)).status).toBe(200);
  });
});
