// Pergola's data plane as a process, with the access log as it is in earnest: spooled to disk, and delivered to files.
// `node pergola.ts <port> <origin port> <directory> <NONE | AWS_IAM> <rules of the called service> <HTTP1 | GRPC> [<changes a second> [no-log]]`
import { join } from "node:path";
import { createFileSinks, openAccessLogs } from "@pergola/access-logs";
import { type AuthType, openMemoryStore, owners, systemClock, systemIds } from "@pergola/core";
import { createDataPlane } from "@pergola/data-plane";
import { createSessionCredentials } from "@pergola/iam";
import { called, groupId, networkId, networkOf, serviceOf, services } from "./scene.ts";
import { sealingKey } from "./session.ts";

const [port = 0, originPort = 0] = process.argv.slice(2, 4).map(Number);
const directory = process.argv[4] ?? "";
const authType = process.argv[5] as AuthType;
const rules = Number(process.argv[6]);
const protocolVersion = process.argv[7] === "GRPC" ? "GRPC" : "HTTP1";
const isLogged = process.argv[9] !== "no-log";
const store = openMemoryStore();
const note = (message: string, details?: unknown): void => console.error(message, details);
const logger = { info: () => undefined, warn: note, error: note };
const records = await openAccessLogs({
  dir: join(directory, "spool"),
  deliverer: createFileSinks({ dir: join(directory, "delivered") }),
  clock: systemClock,
  logger,
});
const sessions = createSessionCredentials({
  keyring: () => ({ keys: [sealingKey] }),
  issuerPolicies: () => undefined,
});
const plane = createDataPlane({
  store,
  region: "us-west-2",
  vpcs: { vpcOf: () => "any" },
  targets: { addressOf: () => undefined },
  lambda: { invoke: () => Promise.reject(new Error("no functions here")) },
  credentials: (id, token) => (token === undefined ? undefined : sessions.find(id, token)),
  records,
  certificates: { contextFor: () => Promise.resolve(undefined) },
  clock: systemClock,
  ids: systemIds,
  logger,
});
const target = { targetGroupId: groupId, id: "127.0.0.1", port: originPort, registeredAt: new Date().toISOString() };
const targetKey = { owner: owners.targets(groupId), id: `127.0.0.1:${originPort}` };
await store.transact([
  { kind: "put", key: { owner: owners.networkSnapshots, id: networkId }, value: networkOf(authType), expect: "absent" },
  { kind: "put", key: targetKey, value: target, expect: "absent" },
]);
for (const [index, { serviceId }] of services.entries()) {
  const value = serviceOf(index, { authType, rules: index === called ? rules : 20, protocolVersion, isLogged });
  await store.transact([
    { kind: "put", key: { owner: owners.serviceSnapshots, id: serviceId }, value, expect: "absent" },
  ]);
}
/** Rules of the called service change, others than the one that the request matches: all of it is compiled anew. */
async function change(turn: number): Promise<void> {
  const value = serviceOf(called, { authType, rules, environment: `beta-${turn}`, protocolVersion, isLogged });
  const key = { owner: owners.serviceSnapshots, id: value.serviceId };
  await store.transact([{ kind: "put", key, value, expect: "any" }]);
}
const changes = Number(process.argv[8] ?? 0);
let turn = 0;
const changeNow = (): Promise<void> => change(turn++);
if (changes > 0) setInterval(changeNow, 1000 / changes);
await plane.listen(80, { host: "127.0.0.1", port });
// A profiler writes its profile when the process ends by itself.
process.once("SIGINT", () => process.exit());
