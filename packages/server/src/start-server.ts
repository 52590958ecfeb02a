import { join } from "node:path";
import { createFileSinks, openAccessLogs } from "@pergola/access-logs";
import { createCertificateKeys, createTxtResolver } from "@pergola/control-plane";
import { type Logger, systemClock, systemIds } from "@pergola/core";
import { createDataPlane, type DataPlane } from "@pergola/data-plane";
import { startHealthChecks } from "@pergola/health-checks";
import { openSqliteStore } from "@pergola/store-sqlite";
import { isWithin } from "./config/cidr.ts";
import { createTargetDirectory, createVpcDirectory } from "./config/directories.ts";
import { readLocalConfig } from "./config/local-config.ts";
import type { Settings } from "./config/settings.ts";
import { lockDataDir } from "./data-dir-lock.ts";
import { startDomainVerifier } from "./dns/domain-verifier.ts";
import { openIdentityDirectory } from "./identity/identity-directory.ts";
import { openKeyFile } from "./identity/keyring-file.ts";
import type { ProcessMetrics } from "./metrics/process-metrics.ts";
import { openLambda } from "./open-lambda.ts";
import { startPortManager } from "./ports/port-manager.ts";
import { createRecentRequests, type RecentRequests } from "./recent-records.ts";
import { logsDir, type ServerBase } from "./server-base.ts";
import { startApi } from "./start-api.ts";
import { type Resources, startResources } from "./start-resources.ts";
import { createTeardown, type Teardown } from "./teardown.ts";
import { openFileCertificates } from "./tls/file-certificates.ts";
import { createImportedCertificates, firstOf } from "./tls/imported-certificates.ts";
import { createLeafCertificates } from "./tls/leaf-certificates.ts";
import { openLocalCa } from "./tls/local-ca.ts";
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
  const keys = openKeyFile(dataDir, systemClock.now());
  const identities = await openIdentityDirectory(config.identities, keys, { store, clock: systemClock, logger });
  teardown.addResource("identities", async () => identities.close());
  const base = { settings, logger, teardown, config, ca, store, keys, identities };
  const { dataPlane, metrics, recent, resources } = await startTraffic(base);
  const listen: DataPlane["listen"] = (listenerPort, bind) => dataPlane.listen(listenerPort, bind);
  const fixed = [[80, httpPort] as const, [443, httpsPort] as const];
  const ports = await startPortManager({ store, listen, logger }, { host, fixed });
  teardown.addIntake("listener ports", () => ports.close());
  const apiUrl = await startApi(base, { ports, resources, metrics, traffic: dataPlane.traffic, recent });
  lock.describe(apiUrl);
  const resolver = createTxtResolver(settings.dnsServer);
  const verifier = startDomainVerifier({ store, clock: systemClock, resolver }, logger);
  teardown.addIntake("domain verifications", () => verifier.close());
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

interface Traffic {
  readonly dataPlane: DataPlane;
  readonly metrics: () => ProcessMetrics;
  readonly recent: RecentRequests;
  readonly resources: Resources;
}

/** Everything on the way of a request to a target, and what watches the targets. */
async function startTraffic(base: ServerBase): Promise<Traffic> {
  const { settings, logger, teardown, config, ca, store, keys, identities } = base;
  const lambda = await openLambda(settings, logger);
  teardown.addResource("functions", () => lambda.close());
  const sinks = createFileSinks({ dir: logsDir(settings) });
  const records = await openAccessLogs({
    dir: join(settings.dataDir, "spool"),
    deliverer: sinks,
    clock: systemClock,
    logger,
  });
  teardown.addResource("access logs", () => records.close());
  const targets = createTargetDirectory(config);
  const { openKey } = createCertificateKeys(keys.secrets);
  const imported = createImportedCertificates({ store, clock: systemClock, logger, openKey });
  teardown.addResource("imported certificates", async () => imported.close());
  const isServed = createServedNames(store);
  const files = openFileCertificates(config.certificates, { clock: systemClock, logger, isServed });
  teardown.addResource("certificate files", async () => files.close());
  const recent = createRecentRequests();
  const vpcs = createVpcDirectory(config.vpcs);
  const ports = {
    store,
    region: settings.region,
    vpcs,
    targets,
    lambda,
    credentials: identities.credentials,
    records,
    recent,
    certificates: firstOf(imported, files, createLeafCertificates(ca, isServed, systemClock)),
    clock: systemClock,
    ids: systemIds,
    logger,
  };
  const dataPlane = createDataPlane(ports, { isProxy: isWithin(settings.proxyProtocol) });
  teardown.addIntake("data plane", (deadlineMs) => dataPlane.close(deadlineMs));
  const checks = await startHealthChecks({ store, clock: systemClock, targets, logger });
  teardown.addIntake("health checks", () => checks.close());
  const resources = await startResources(base, vpcs, records);
  return {
    dataPlane,
    recent,
    resources,
    metrics: () => ({ dataPlane: dataPlane.metrics(), resources: resources.metrics(), accessLogs: records.metrics() }),
  };
}

/** The library that issues certificates takes 0.1 s to load, and a key as long to be made: after the start and before the first handshake. */
function warmUpCertificates(logger: Logger): void {
  setImmediate(() => {
    import("./tls/certificate-issuer.ts")
      .then(({ rsaKeys }) => rsaKeys())
      .catch((error: unknown) => logger.error("certificates cannot be issued", { error }));
  });
}
