// Pergola's data plane as a process: rules, two policies, SigV4 where the client signs, and the
// access log as it is in earnest: spooled to disk, and delivered to files.
import { join } from "node:path";
import { createFileSinks, openAccessLogs } from "@pergola/access-logs";
import { openMemoryStore, owners, systemClock, systemIds } from "@pergola/core";
import { createDataPlane } from "@pergola/data-plane";
import { Secret } from "@pergola/iam";
import {
  accessKeyId,
  account,
  groupId,
  network,
  networkId,
  region,
  secretAccessKey,
  service,
  serviceId,
  userArn,
} from "./scene.ts";

const [port = 0, originPort = 0] = process.argv.slice(2, 4).map(Number);
const logDirectory = process.argv[4] ?? "";
const credential = {
  accessKeyId,
  secret: new Secret(secretAccessKey),
  principal: { kind: "aws", arn: userArn, account, type: "User", username: "bench", tags: {} },
} as const;
const store = openMemoryStore();
const note = (message: string, details?: unknown): void => console.error(message, details);
const logger = { info: () => undefined, warn: note, error: note };
const records = await openAccessLogs({
  dir: join(logDirectory, "spool"),
  deliverer: createFileSinks({ dir: join(logDirectory, "delivered") }),
  clock: systemClock,
  logger,
});
const plane = createDataPlane({
  store,
  region,
  vpcs: { vpcOf: () => "any" },
  targets: { addressOf: () => undefined },
  lambda: { invoke: () => Promise.reject(new Error("no functions here")) },
  credentials: (id) => (id === accessKeyId ? credential : undefined),
  records,
  certificates: { contextFor: () => Promise.resolve(undefined) },
  clock: systemClock,
  ids: systemIds,
  logger,
});
const target = { targetGroupId: groupId, id: "127.0.0.1", port: originPort, registeredAt: new Date().toISOString() };
await store.transact([
  { kind: "put", key: { owner: owners.networkSnapshots, id: networkId }, value: network, expect: "absent" },
  { kind: "put", key: { owner: owners.serviceSnapshots, id: serviceId }, value: service, expect: "absent" },
  {
    kind: "put",
    key: { owner: owners.targets(groupId), id: `127.0.0.1:${originPort}` },
    value: target,
    expect: "absent",
  },
]);
await plane.listen(80, { host: "127.0.0.1", port });
console.log("ready");
process.once("SIGINT", () => process.exit());
