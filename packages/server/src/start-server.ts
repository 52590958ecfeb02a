import { join } from "node:path";
import { createFileSinks, openAccessLogs } from "@pergola/access-logs";
import { createControlPlane } from "@pergola/control-plane";
import { type ConfigStore, type Logger, systemClock, systemIds } from "@pergola/core";
import { createDataPlane, type DataPlane } from "@pergola/data-plane";
import { startHealthChecks } from "@pergola/health-checks";
import { openSqliteStore } from "@pergola/store-sqlite";
import { startApiHost } from "./api/api-host.ts";
import { refuseForeignPage } from "./api/browser-guard.ts";
import { createCallerOf } from "./api/caller.ts";
import { createSignatureCheck } from "./api/require-signature.ts";
import { createCredentialSource, createTargetDirectory, createVpcDirectory } from "./config/directories.ts";
import { type LocalConfig, readLocalConfig } from "./config/local-config.ts";
import type { Settings } from "./config/settings.ts";
import { lockDataDir } from "./data-dir-lock.ts";
import { openLambda } from "./open-lambda.ts";
import { type PortManager, startPortManager } from "./ports/port-manager.ts";
import { createTeardown, type Teardown } from "./teardown.ts";
import { createLeafCertificates } from "./tls/leaf-certificates.ts";
import { type LocalCa, openLocalCa } from "./tls/local-ca.ts";
import { createServedNames } from "./tls/served-names.ts";

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

/** What the parts of the server share. */
interface Base {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly teardown: Teardown;
  readonly config: LocalConfig;
  readonly ca: LocalCa;
  readonly store: ConfigStore;
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
  const { dataDir, host, httpPort, httpsPort } = settings;
  const lock = lockDataDir(dataDir);
  teardown.addResource("data directory lock", () => lock.release());
  const warn = (message: string): void => logger.warn(message);
  // One after the other: a failed start must not leave anything that still writes when the lock is released.
  const fileConfig = await readLocalConfig(settings.configFile, settings.configFileGiven, settings.accountId, warn);
  const ca = await openLocalCa(dataDir, systemClock.now());
  const config = { ...fileConfig, instances: new Map([...fileConfig.instances, ...(additions.instances ?? [])]) };
  const store = openSqliteStore({ file: join(dataDir, "pergola.sqlite"), clock: systemClock, logger });
  teardown.addResource("store", () => store.close());
  const base = { settings, logger, teardown, config, ca, store };
  const { dataPlane, metrics } = await startTraffic(base);
  const listen: DataPlane["listen"] = (listenerPort, bind) => dataPlane.listen(listenerPort, bind);
  const fixed = [[80, httpPort] as const, [443, httpsPort] as const];
  const ports = await startPortManager({ store, listen, logger }, { host, fixed });
  teardown.addIntake("listener ports", () => ports.close());
  const apiUrl = await startApi(base, ports, metrics);
  lock.describe(apiUrl);
  warmUpCertificates(logger);
  return {
    apiUrl,
    get httpPort() {
      return ports.portOf(80);
    },
    get httpsPort() {
      return ports.portOf(443);
    },
    caFile: ca.certificateFile,
    settings,
    close: (deadlineMs = 30_000) => teardown.run(deadlineMs),
  };
}

/** Everything on the way of a request to a target, and what watches the targets. */
async function startTraffic(base: Base): Promise<{ dataPlane: DataPlane; metrics: () => unknown }> {
  const { settings, logger, teardown, config, ca, store } = base;
  const lambda = await openLambda(settings, logger);
  teardown.addResource("functions", () => lambda.close());
  const sinks = createFileSinks({ dir: join(settings.dataDir, "logs") });
  const records = await openAccessLogs({
    dir: join(settings.dataDir, "spool"),
    deliverer: sinks,
    clock: systemClock,
    logger,
  });
  teardown.addResource("access logs", () => records.close());
  const targets = createTargetDirectory(config);
  const dataPlane = createDataPlane({
    store,
    region: settings.region,
    vpcs: createVpcDirectory(config.vpcs),
    targets,
    lambda,
    credentials: createCredentialSource(config.identities),
    records,
    certificates: createLeafCertificates(ca, createServedNames(store), systemClock),
    clock: systemClock,
    ids: systemIds,
    logger,
  });
  teardown.addIntake("data plane", (deadlineMs) => dataPlane.close(deadlineMs));
  const checks = await startHealthChecks({ store, clock: systemClock, targets, logger });
  teardown.addIntake("health checks", () => checks.close());
  return { dataPlane, metrics: () => ({ dataPlane: dataPlane.metrics(), accessLogs: records.metrics() }) };
}

/** @returns the API's base URL */
async function startApi(base: Base, ports: PortManager, metrics: () => unknown): Promise<string> {
  const { settings, logger, teardown, config, store } = base;
  const { host, requireAuth, accountId, region, domain, settleMs } = settings;
  const credentials = createCredentialSource(config.identities);
  const control = createControlPlane({
    store,
    clock: systemClock,
    ids: systemIds,
    settings: { domain, defaultAccount: accountId, defaultRegion: region, settleMs },
    targets: createTargetDirectory(config),
    logger,
    callerOf: createCallerOf(credentials, { account: accountId, region }),
  });
  const checkSignature = createSignatureCheck(credentials, region, systemClock, logger);
  const startedAt = systemClock.now().toISOString();
  const api = await startApiHost(
    {
      control,
      routes: {
        "/pergola/health": () => ({ status: "ok", startedAt }),
        "/pergola/listeners": () => ({ listeners: ports.status() }),
        "/pergola/metrics": metrics,
      },
      refuse: (rawHeaders) => (requireAuth ? undefined : refuseForeignPage(rawHeaders, host)),
      authenticate: (request) => (requireAuth ? checkSignature(request) : undefined),
      settled: () => ports.settled(),
      ids: systemIds,
      logger,
    },
    { host, port: settings.apiPort },
  );
  teardown.addIntake("API", (deadlineMs) => api.close(deadlineMs));
  return `http://${host.includes(":") ? `[${host}]` : host}:${api.address.port}`;
}

/** The library that issues certificates takes 0.1 s to load: after the start and before the first handshake. */
function warmUpCertificates(logger: Logger): void {
  setImmediate(() => {
    import("./tls/certificate-issuer.ts").catch((error: unknown) =>
      logger.error("certificates cannot be issued", { error }),
    );
  });
}
