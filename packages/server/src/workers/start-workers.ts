import cluster from "node:cluster";
import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { rotateTicketKeys } from "@pergola/data-plane";
import { readLocalConfigText } from "../config/local-config.ts";
import type { Settings } from "../config/settings.ts";
import type { LiveRecords } from "../live-records/live-records.ts";
import type { CarrierMetrics } from "../metrics/process-metrics.ts";
import type { PortStatus } from "../ports/port-manager.ts";
import type { RecentRequest } from "../recent-records.ts";
import type { ServerBase } from "../server-base.ts";
import type { Carrier } from "../start-carrier.ts";
import { freePort } from "./free-port.ts";
import { KeptCounters } from "./kept-counters.ts";
import { deliverLeftSpool } from "./left-spools.ts";
import { mergeListeners } from "./merge.ts";
import type { Question } from "./messages.ts";
import { recordsOfWorkers } from "./records-of-workers.ts";
import type { PlainTraffic } from "./traffic-of-workers.ts";
import { forkWorker, type WorkerProcess } from "./worker-process.ts";
import { openWorkerSet, type WorkerSet } from "./worker-set.ts";

/** Milliseconds after which the workers get another key for TLS session tickets. */
const ticketKeyMs = 3_600_000;

/**
 * Starts the workers: processes with a data plane each, on sockets that they share. This process accepts, and hands connections to
 * them in turn; so none is lost with a worker, and each has as many as the others.
 * @param instances EC2 instances beside those of `pergola.json`
 * @throws Error when one of them cannot start
 */
export async function startWorkers(
  base: ServerBase,
  count: number,
  instances: ReadonlyMap<string, string> = new Map(),
): Promise<WorkerSet & Carrier> {
  const { settings, logger, teardown, store } = base;
  const { configFile, configFileGiven } = settings;
  const configText = await readLocalConfigText(configFile, configFileGiven);
  const shared = await sharedSettings(settings, count);
  setUpCluster();
  const liveRecords = recordsOfWorkers();
  const counters = new KeptCounters<WorkerProcess>(store);
  const ticketKeys = rotateTicketKeys(ticketKeyMs);
  teardown.addIntake("TLS ticket keys", () => ticketKeys.stop());
  const fork = (slot: number): WorkerProcess => {
    const worker = forkWorker({ slot, settings: shared, configText, instances: [...instances] }, ticketKeys);
    liveRecords.join(worker);
    void worker.silent.then((counted) => {
      counters.note(worker, counted);
      counters.end(worker);
    });
    return worker;
  };
  const deliverLeft = (slot: number): Promise<void> => deliverLeftSpool(base, slot);
  const set = await openWorkerSet({ fork, deliverLeft, logger }, count);
  teardown.addIntake("workers", (deadlineMs) => set.close(deadlineMs));
  const stop = store.watch((keys) => set.tell(keys));
  teardown.addIntake("news for workers", async () => stop());
  return carrierOf(set, liveRecords, counters);
}

/** The workers bind the same ports, and share what a service may have: connections go to them in turn. */
async function sharedSettings(settings: Settings, count: number): Promise<Settings> {
  const { host, httpPort, httpsPort, serviceRate } = settings;
  return {
    ...settings,
    httpPort: httpPort === 0 ? await freePort(host) : httpPort,
    httpsPort: httpsPort === 0 ? await freePort(host) : httpsPort,
    serviceRate: Math.ceil(serviceRate / count),
  };
}

function setUpCluster(): void {
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    exec: fileURLToPath(new URL("./worker-main.ts", import.meta.url)),
    args: [],
    serialization: "advanced",
  });
  const cache = getCompileCacheDir();
  if (cache !== undefined) process.env.NODE_COMPILE_CACHE ??= dirname(cache);
}

async function carrierOf(
  set: WorkerSet,
  liveRecords: LiveRecords,
  counters: KeptCounters<WorkerProcess>,
): Promise<WorkerSet & Carrier> {
  const askAll = async <T>(question: Question): Promise<T[]> => {
    const answers = await Promise.all([...set.live].map((worker) => worker.ask<T>(question)));
    return answers.filter((answer) => answer !== undefined);
  };
  let ports = new Map<number, number>();
  const listeners = async (): Promise<readonly PortStatus[]> => {
    const status = mergeListeners(await askAll<readonly PortStatus[]>({ about: "listeners" }));
    ports = new Map(
      status.flatMap(({ listenerPort, address }) =>
        address === undefined ? [] : [[listenerPort, Number(address.slice(address.lastIndexOf(":") + 1))]],
      ),
    );
    return status;
  };
  await listeners();
  return {
    live: set.live,
    tell: (keys) => set.tell(keys),
    settled: () => set.settled(),
    replace: () => set.replace(),
    close: (deadlineMs) => set.close(deadlineMs),
    listeners,
    portOf: (listenerPort) => ports.get(listenerPort),
    async metrics() {
      const each = [...set.live].map(async (worker) => {
        const metrics = await worker.ask<CarrierMetrics>({ about: "metrics" });
        if (metrics === undefined) return [];
        counters.note(worker, { metrics });
        const { connections, requests } = metrics.dataPlane;
        return [{ worker: worker.slot, pid: worker.pid, connections, requests }];
      });
      const workers = (await Promise.all(each)).flat();
      return { ...counters.metrics(), workers };
    },
    async traffic() {
      const each = [...set.live].map(async (worker) => {
        const traffic = await worker.ask<PlainTraffic>({ about: "traffic" });
        if (traffic !== undefined) counters.note(worker, { traffic });
      });
      await Promise.all(each);
      return counters.traffic();
    },
    liveRecords,
    async find(requestId, isVisible) {
      const found = await askAll<readonly RecentRequest[]>({ about: "records", requestId });
      return found.flat().find(({ record }) => isVisible(record));
    },
  };
}
