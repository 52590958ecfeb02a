import { createServer, type Server } from "node:net";
import { type ConfigStore, type Logger, openMemoryStore, owners } from "@pergola/core";
import { afterEach, describe, expect, it } from "vitest";
import { type PortManager, startPortManager } from "./port-manager.ts";

const open = new Set<Server>();
const managers: PortManager[] = [];
afterEach(async () => {
  await Promise.all(managers.splice(0).map((manager) => manager.close()));
  await Promise.all([...open].map((server) => new Promise((done) => server.close(done))));
  open.clear();
});

function bind(host: string, port: number): Promise<{ server: Server; port: number }> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen({ host, port }, () => {
      open.add(server);
      done({ server, port: (server.address() as { port: number }).port });
    });
  });
}

async function freePort(): Promise<number> {
  const { server, port } = await bind("127.0.0.1", 0);
  open.delete(server);
  await new Promise((done) => server.close(done));
  return port;
}

async function start(store: ConfigStore, retryMs = 50) {
  const errors: string[] = [];
  const logger: Logger = {
    info: () => {},
    warn: () => {},
    error: (_message, details) => void errors.push(JSON.stringify(details)),
  };
  const listen = async (_listenerPort: number, at: { host: string; port: number }) => {
    const { server, port } = await bind(at.host, at.port);
    const close = () =>
      new Promise<void>((done) => {
        open.delete(server);
        server.close(() => done());
      });
    return { address: { port }, close };
  };
  const manager = await startPortManager(
    { store, listen, logger },
    {
      host: "127.0.0.1",
      fixed: [
        [80, 0],
        [443, 0],
      ],
      retryMs,
    },
  );
  managers.push(manager);
  return { manager, errors };
}

const snapshot = (id: string, ports: number[]) =>
  ({
    kind: "put",
    key: { owner: owners.serviceSnapshots, id },
    value: { listeners: ports.map((port) => ({ port })) },
    expect: "any",
  }) as const;
const gone = (id: string) => ({ kind: "delete", key: { owner: owners.serviceSnapshots, id }, expect: "any" }) as const;

describe("listener ports", () => {
  it("80 and 443 are open from the start, without any listener", async () => {
    const { manager } = await start(openMemoryStore());

    expect(manager.portOf(80)).toBeGreaterThan(0);
    expect(manager.portOf(443)).toBeGreaterThan(0);
    expect(manager.status().map(({ listenerPort, state }) => [listenerPort, state])).toEqual([
      [80, "listening"],
      [443, "listening"],
    ]);
  });

  it("of services that exist already are open after the start", async () => {
    const store = openMemoryStore();
    const port = await freePort();
    await store.transact([snapshot("svc-1", [80, port])]);

    const { manager } = await start(store);

    expect(manager.status().find(({ listenerPort }) => listenerPort === port)).toMatchObject({
      state: "listening",
      address: `127.0.0.1:${port}`,
      services: ["svc-1"],
    });
  });

  it("open once a change has settled and close when no service needs them", async () => {
    const store = openMemoryStore();
    const port = await freePort();
    const { manager } = await start(store);

    await store.transact([snapshot("svc-1", [port])]);
    await store.transact([snapshot("svc-2", [port])]);
    await manager.settled();
    expect(manager.portOf(port)).toBe(port);

    await store.transact([gone("svc-1")]);
    await manager.settled();
    expect(manager.portOf(port)).toBe(port);
    await store.transact([snapshot("svc-2", [80])]);
    await manager.settled();
    expect(manager.portOf(port)).toBeUndefined();
    expect(manager.status()).toHaveLength(2);
    await bind("127.0.0.1", port);
  });

  it("that are taken show as failed, are logged once, and open when they are free", async () => {
    const store = openMemoryStore();
    const { server, port } = await bind("127.0.0.1", 0);
    const { manager, errors } = await start(store);

    await store.transact([snapshot("svc-1", [port])]);
    await manager.settled();
    expect(manager.status().at(-1)).toMatchObject({
      state: "failed",
      error: `127.0.0.1:${port} is in use by another process`,
    });
    await new Promise((done) => setTimeout(done, 200));
    expect(errors).toHaveLength(1);
    open.delete(server);
    await new Promise((done) => server.close(done));

    await expect.poll(() => manager.portOf(port)).toBe(port);
  });
});
