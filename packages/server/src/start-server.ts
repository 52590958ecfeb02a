import { join } from "node:path";
import type { AccessLogs } from "@pergola/access-logs";
import { createTxtResolver } from "@pergola/control-plane";
import { type Logger, systemClock } from "@pergola/core";
import { startHealthChecks } from "@pergola/health-checks";
import { openSqliteStore } from "@pergola/store-sqlite";
import { createTargetDirectory, createVpcDirectory } from "./config/directories.ts";
import { readLocalConfig } from "./config/local-config.ts";
import type { Settings } from "./config/settings.ts";
import { lockDataDir } from "./data-dir-lock.ts";
import { startDomainVerifier } from "./dns/domain-verifier.ts";
import { openIdentityDirectory } from "./identity/identity-directory.ts";
import { openKeyFile } from "./identity/keyring-file.ts";
import type { ProcessMetrics } from "./metrics/process-metrics.ts";
import { openRecords } from "./open-records.ts";
import type { ServerBase } from "./server-base.ts";
import { startApi } from "./start-api.ts";
import { type Carrier, startCarrier } from "./start-carrier.ts";
import { startResources } from "./start-resources.ts";
import { createTeardown, type Teardown } from "./teardown.ts";
import { openLocalCa } from "./tls/local-ca.ts";
import { deliverLeftSpools } from "./workers/left-spools.ts";
import { addAccessLogs } from "./workers/merge.ts";
import type { WorkerSet } from "./workers/worker-set.ts";

/** A Pergola that answers. */
export interface RunningServer {
  /** Base URL of the API. */
  readonly apiUrl: string;
  /** Where listener port 80 is served; undefined while that port cannot be bound. */
  readonly httpPort: number | undefined;
  /** Where listener port 443 is served; undefined while that port cannot be bound. */
  readonly httpsPort: number | undefined;
  /** The local authority's certificate, for clients to trust. */
  readonly caFile: string;
  readonly settings: Settings;
  /**
   * Puts new workers in the place of those there are, one after the other, without a request that fails: each is listening before
   * the one that it replaces drains. Absent where all is one process.
   */
  readonly replaceWorkers?: () => Promise<void>;
  /**
   * Takes no new requests, finishes those in flight, delivers the access logs and frees everything.
   * @param deadlineMs how long requests in flight may take, default 30 s; they are cut off then
   */
  close(deadlineMs?: number): Promise<void>;
}

/** What a program that starts the server knows beside `pergola.json`. */
export interface ConfigAdditions {
  /** EC2 instance id → IP address. */
  readonly instances?: ReadonlyMap<string, string>;
}

/**
 * Starts everything in this process on the data directory.
 * @throws DataDirInUse, LocalConfigError, LocalCaError, or the system's error when the API's port cannot be bound; nothing is
 * left running then
 */
export async function startServer(
  settings: Settings,
  logger: Logger,
  additions: ConfigAdditions = {},
): Promise<RunningServer> {
  const teardown = createTeardown(logger);
  try {
    return await start(settings, logger, teardown, additions);
  } catch (error) {
    await teardown.run(0);
    throw error;
  }
}

async function start(
  settings: Settings,
  logger: Logger,
  teardown: Teardown,
  additions: ConfigAdditions,
): Promise<RunningServer> {
  const { dataDir } = settings;
  const lock = lockDataDir(dataDir);
  teardown.addResource("data directory lock", () => lock.release());
  const warn = (message: string): void => logger.warn(message);
  // One after the other: a failed start must not leave anything that still writes when the lock is released.
  const fileConfig = await readLocalConfig(settings.configFile, settings.configFileGiven, settings.accountId, warn);
  const ca = await openLocalCa(dataDir, systemClock.now());
  const config = { ...fileConfig, instances: new Map([...fileConfig.instances, ...(additions.instances ?? [])]) };
  const store = openSqliteStore({
    file: join(dataDir, "pergola.sqlite"),
    clock: systemClock,
    logger,
    hasReaders: settings.workers !== undefined,
  });
  teardown.addResource("store", () => store.close());
  const keys = openKeyFile(dataDir, systemClock.now());
  const identities = await openIdentityDirectory(config.identities, keys, { store, clock: systemClock, logger });
  teardown.addResource("identities", async () => identities.close());
  const base = { settings, logger, teardown, config, ca, store, keys, identities };
  const records = await openRecords(base, { dir: join(dataDir, "spool") });
  const vpcs = createVpcDirectory(config.vpcs);
  const { carrier, workers } = await startCarrying(base, records, additions);
  const checks = await startHealthChecks({ store, clock: systemClock, targets: createTargetDirectory(config), logger });
  teardown.addIntake("health checks", () => checks.close());
  const resources = await startResources(base, vpcs, records);
  const metrics = async (): Promise<ProcessMetrics> => {
    const { accessLogs, ...others } = await carrier.metrics();
    // The records of connections to resources are this process's, whoever carries requests.
    const all = workers === undefined ? accessLogs : addAccessLogs(accessLogs, records.metrics());
    return { ...others, resources: resources.metrics(), accessLogs: all };
  };
  const apiUrl = await startApi(base, { carrier, resources, metrics });
  lock.describe(apiUrl);
  const resolver = createTxtResolver(settings.dnsServer);
  const verifier = startDomainVerifier({ store, clock: systemClock, resolver }, logger);
  teardown.addIntake("domain verifications", () => verifier.close());
  return {
    apiUrl,
    get httpPort() {
      return carrier.portOf(80);
    },
    get httpsPort() {
      return carrier.portOf(443);
    },
    caFile: ca.certificateFile,
    settings,
    ...(workers === undefined ? {} : { replaceWorkers: () => workers.replace() }),
    close: (deadlineMs = 30_000) => teardown.run(deadlineMs),
  };
}

/** Starts what carries requests: in this process, or in as many workers as the settings say. */
async function startCarrying(
  base: ServerBase,
  records: AccessLogs,
  { instances }: ConfigAdditions,
): Promise<{ readonly carrier: Carrier; readonly workers?: WorkerSet }> {
  const { settings, teardown } = base;
  const left = deliverLeftSpools(base, settings.workers ?? 0);
  teardown.addResource("spools of earlier workers", () => left);
  if (settings.workers === undefined) return { carrier: await startCarrier(base, { records }) };
  const { startWorkers } = await import("./workers/start-workers.ts");
  const workers = await startWorkers(base, settings.workers, instances);
  return { carrier: workers, workers };
}
