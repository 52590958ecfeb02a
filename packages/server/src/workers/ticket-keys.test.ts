import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SecureVersion } from "node:tls";
import { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { type Handshake, shakeHands } from "@pergola/core/testing/shake-hands";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { loadSettings } from "../config/settings.ts";
import { type RunningServer, startServer } from "../start-server.ts";

const keyLifetime = 3_600_000;
const quiet = (): void => undefined;

let dir: string;
let server: RunningServer;
let host: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "pergola-tickets-"));
  // The main process makes the keys: an hour of it is the test's to pass.
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const flags = { apiPort: "0", httpPort: "0", httpsPort: "0", workers: "2", logLevel: "error" };
  server = await startServer(loadSettings({}, flags, dir), { info: quiet, warn: quiet, error: quiet });
  const client = new VPCLattice({
    endpoint: server.apiUrl,
    region: "us-west-2",
    credentials: { accessKeyId: "unknown", secretAccessKey: "secret" },
  });
  const { id: serviceIdentifier, dnsEntry } = await client.createService({ name: "tickets" });
  const defaultAction = { fixedResponse: { statusCode: 404 } };
  await client.createListener({ serviceIdentifier, name: "web", protocol: "HTTPS", defaultAction });
  client.destroy();
  host = dnsEntry?.domainName ?? "";
}, 60_000);
afterAll(async () => {
  vi.useRealTimers();
  await server?.close(0);
  rmSync(dir, { recursive: true });
});

/** @returns how many connections each worker has had. They have heard by then of all that they were sent before */
async function connections(): Promise<number[]> {
  const answer = await fetch(`${server.apiUrl}/pergola/metrics`);
  const { workers } = (await answer.json()) as { workers: { worker: number; connections: number }[] };
  return workers.toSorted((one, other) => one.worker - other.worker).map((worker) => worker.connections);
}

async function nextKey(): Promise<void> {
  vi.advanceTimersByTime(keyLifetime);
  await connections();
}

function shake(version: SecureVersion, session?: Buffer): Promise<Handshake> {
  return shakeHands({
    port: server.httpsPort ?? 0,
    servername: host,
    ca: readFileSync(server.caFile),
    minVersion: version,
    maxVersion: version,
    ...(session === undefined ? {} : { session }),
  });
}

/** @returns whether a session was taken up again, of connections that both workers have had */
async function takeUp(version: SecureVersion, session: Buffer): Promise<boolean[]> {
  const before = await connections();
  const reused: boolean[] = [];
  for (let i = 0; i < 4; i += 1) reused.push((await shake(version, session)).isReused);
  const after = await connections();
  for (const [worker, count] of after.entries()) expect(count).toBeGreaterThan(before[worker] ?? 0);
  return reused;
}

const all = [true, true, true, true];
const none = [false, false, false, false];

it.each(["TLSv1.2", "TLSv1.3"] as const)(
  "a session of %s ends on all workers with the key of its ticket, and one of the next key is taken up again on all",
  { timeout: 60_000 },
  async (version) => {
    const first = await shake(version);
    expect(first.isReused).toBe(false);
    expect(await takeUp(version, first.session)).toEqual(all);

    await nextKey();
    expect(await takeUp(version, first.session)).toEqual(none);
    const second = await shake(version, first.session);
    expect(await takeUp(version, second.session)).toEqual(all);

    await nextKey();
    expect(await takeUp(version, first.session)).toEqual(none);
    expect(await takeUp(version, second.session)).toEqual(none);
  },
);

it("a worker that comes later has the key at hand", { timeout: 60_000 }, async () => {
  await nextKey();
  const { session } = await shake("TLSv1.3");
  await server.replaceWorkers?.();
  await expect.poll(connections, { timeout: 20_000 }).toEqual([0, 0]);

  expect(await takeUp("TLSv1.3", session)).toEqual(all);
});
