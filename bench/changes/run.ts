/**
 * What requests notice of changes: full load on `pergola serve --workers 2` while rules and weights change, while the program behind a
 * target group is deployed again and again, and while the workers are replaced; each beside the same load without changes. One request
 * that fails ends the run with exit code 1.
 *
 * Usage: node bench/changes/run.ts [seconds of each part, default 10]. Needs wrk from Debian.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { forwardTo, newListener, newRule, newTargetGroup } from "../../test/harness/lattice-resources.ts";
import { openService } from "../../test/harness/open-service.ts";
import { deregisterProgram, openScene, registerTarget, sceneVpcId } from "../../test/harness/scene.ts";
import { fullLoad } from "../proxy/load.ts";

const seconds = Number(process.argv[2] ?? 10);
const connections = 64;
/** Milliseconds between two changes. */
const pace = 100;

interface Program {
  readonly port: number;
  /** Ends it as a deployment does: no new connection, what is open is closed when it is at rest. */
  close(): Promise<void>;
}

async function startProgram(): Promise<Program> {
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    request.resume();
    response.end("x".repeat(1_024));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((done) => server.close(() => done())),
  };
}

await using scene = await openScene({}, { PERGOLA_WORKERS: "2", PERGOLA_LOG_LEVEL: "error" });
const { client, pergola } = scene;
const newGroup = () =>
  newTargetGroup(client, {
    type: "INSTANCE",
    config: { protocol: "HTTP", port: 80, vpcIdentifier: sceneVpcId, healthCheck: { enabled: false } },
  });
const [blue, green] = [await newGroup(), await newGroup()];
let current = await startProgram();
const steady = await startProgram();
await registerTarget(client, blue.id, current);
await registerTarget(client, green.id, steady);
const service = await openService(client);
const listener = await newListener(client, service.id, { defaultAction: forwardTo(blue.id) });
const at = { serviceIdentifier: service.id, listenerIdentifier: listener.id };

/** A weight moves from one group to the other and back, and a rule comes, changes and goes. */
async function changeRouting(turn: number): Promise<void> {
  const weight = (turn * 10) % 101;
  const targetGroups = [
    { targetGroupIdentifier: blue.id, weight },
    { targetGroupIdentifier: green.id, weight: 100 - weight },
  ];
  await client.updateListener({ ...at, defaultAction: { forward: { targetGroups } } });
  const match = { httpMatch: { pathMatch: { match: { prefix: "/orders" } } } };
  const rule = await newRule(client, service.id, listener.id, { match, action: forwardTo(green.id) });
  await client.updateRule({ ...at, ruleIdentifier: rule.id, action: forwardTo(blue.id) });
  await client.deleteRule({ ...at, ruleIdentifier: rule.id });
}

/** The next version is registered, the last one drained, and ended when nothing is left of it. */
async function deploy(): Promise<void> {
  const last = current;
  current = await startProgram();
  await registerTarget(client, blue.id, current);
  await deregisterProgram(client, blue.id, last.port);
  await last.close();
}

const replaceWorkers = async (): Promise<void> => {
  process.kill(pergola.pid, "SIGHUP");
  await pause(2_000);
};

/** @param change made again and again while the load lasts */
async function measure(name: string, change?: (turn: number) => Promise<void>): Promise<void> {
  const requests = [{ path: "/orders/4711", headers: { host: service.host } }] as const;
  let isOver = false;
  let changes = 0;
  const changing = (async () => {
    while (!isOver && change !== undefined) {
      await change(changes);
      changes += 1;
      await pause(pace);
    }
  })();
  const load = fullLoad({ port: pergola.httpPort, requests, connections, seconds }).finally(() => {
    isOver = true;
  });
  const [result] = await Promise.all([load, changing]);
  const latency = `p50 ${result.p50.toFixed(1)} ms, p99 ${result.p99.toFixed(1)} ms`;
  console.log(`${name}: ${changes} changes, ${result.requests} requests, none failed, ${latency}`);
}

await measure("without changes");
await measure("weights and rules change", changeRouting);
await measure("the target is deployed again", deploy);
await measure("workers are replaced", replaceWorkers);
