import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type AccessLogs, openAccessLogs } from "@pergola/access-logs";
import {
  type AwsConnection,
  createAwsSinks,
  createAwsTargetDirectory,
  createDynamoStore,
  createLambdaInvoker,
  createSqsQueue,
} from "@pergola/aws";
import { type ConfigStore, type Logger, owners, type RequestHead, systemClock, systemIds } from "@pergola/core";
import { createDataPlane, type DataPlane, type RequestTracing } from "@pergola/data-plane";
import { sessionCredentialSource } from "@pergola/iam";
import { isWithin } from "../config/cidr.ts";
import { createTeardown, type Teardown } from "../teardown.ts";
import { openFileCertificates } from "../tls/file-certificates.ts";
import { createImportedCertificates, firstOf } from "../tls/imported-certificates.ts";
import type { LeafCertificates } from "../tls/leaf-certificates.ts";
import { createServedNames } from "../tls/served-names.ts";
import { traceUntilTeardown } from "../trace-until-teardown.ts";
import { logFailures } from "./failure-count.ts";
import { type Counted, metricsViews } from "./gateway-metrics.ts";
import type { GatewaySettings } from "./gateway-settings.ts";
import { startHealthEndpoint } from "./health-endpoint.ts";
import { pemCertificate } from "./pem-certificate.ts";
import { queueSinks, type RecordSinks, withLastResort } from "./record-sinks.ts";
import { type GatewayKeys, openGatewayKeys } from "./session-keys.ts";

/** A gateway that answers. */
export interface RunningGateway {
  /** Where each listener port is served. */
  readonly listeners: readonly { readonly listenerPort: number; readonly port: number }[];
  readonly healthPort: number;
  /** Drains: shows so to load balancers, finishes what is in flight, delivers the access records and frees everything. */
  close(): Promise<void>;
}

/** The gateway cannot start; the message says all there is to know. */
export class GatewayStartError extends Error {
  override readonly name = "GatewayStartError";
}

/** What deliveries may take at the end: before a container's grace time is over. Milliseconds. */
const lastDeliveryMs = 5_000;

interface Base {
  readonly settings: GatewaySettings;
  readonly connection: AwsConnection;
  readonly store: ConfigStore;
  readonly logger: Logger;
  readonly teardown: Teardown;
  readonly state: { isReady: boolean; isEnding: boolean };
}

/**
 * Starts the data plane alone, on the configuration of a DynamoDB table.
 * @param writeLost takes lines of access records that could not be delivered at the end
 * @throws GatewayStartError or CertificateFileError; nothing is left running then
 */
export async function startGateway(
  settings: GatewaySettings,
  logger: Logger,
  writeLost: (line: string) => void,
): Promise<RunningGateway> {
  const teardown = createTeardown(logger);
  const state = { isReady: false, isEnding: false };
  const { region, endpoint, table, pollMs } = settings;
  const connection = { region, ...(endpoint === undefined ? {} : { endpoint }) };
  const store = createDynamoStore({ client: connection, table, logger, cacheTtlMs: pollMs });
  teardown.addResource("store", () => store.close());
  try {
    return await start({ settings, connection, store, logger, teardown, state }, writeLost);
  } catch (error) {
    state.isEnding = true;
    await teardown.run(0);
    throw error;
  }
}

async function start(base: Base, writeLost: (line: string) => void): Promise<RunningGateway> {
  const { settings, connection, store, logger, teardown, state } = base;
  const { host, healthPort, drainDelayMs, drainMs } = settings;
  await requireTable(base);
  let counted: Counted | undefined;
  const views = metricsViews(() => counted);
  const health = await startHealthEndpoint(
    { isReady: () => state.isReady, views, logger },
    { host, port: healthPort },
  ).catch(bindFailure("the health check", host, healthPort));
  teardown.addResource("health endpoint", () => health.close());
  const keys = await openGatewayKeys(connection, settings.kmsKeyId, store, logger);
  teardown.addResource("keys", () => keys.close());
  const certificates = openCertificates(base, keys);
  const records = await openRecords(base, writeLost);
  const tracing = await traceUntilTeardown(logger, teardown);
  const dataPlane = openDataPlane(base, { keys, certificates, records, tracing });
  counted = { dataPlane, records };
  const listeners = await listenAll(base, dataPlane);
  state.isReady = true;
  return {
    listeners,
    healthPort: health.port,
    async close() {
      state.isReady = false;
      state.isEnding = true;
      await sleep(drainDelayMs);
      await teardown.run(drainMs);
    },
  };
}

/** Whoever named a table that is not there, or has no right to read it, hears of it now and not with the first request. */
async function requireTable({ store, settings }: Base): Promise<void> {
  try {
    await store.list(owners.serviceSnapshots, { limit: 1 });
  } catch (cause) {
    const { name, message } = cause as Error;
    throw new GatewayStartError(
      `the table \`${settings.table}\` in ${settings.region} cannot be read: ${name}: ${message}`,
      {
        cause,
      },
    );
  }
}

function openCertificates({ settings, store, logger, teardown }: Base, keys: GatewayKeys): LeafCertificates {
  const { tlsFiles: files, tlsPem: pem } = settings;
  const openKey = (sealed: string): Promise<string | undefined> => keys.openCertificateKey(sealed);
  const imported = createImportedCertificates({ store, clock: systemClock, logger, openKey });
  teardown.addResource("imported certificates", async () => imported.close());
  const isServed = createServedNames(store);
  const ofFiles = openFileCertificates(files, { clock: systemClock, logger, isServed });
  teardown.addResource("certificates of files", async () => ofFiles.close());
  const ofText = pem === undefined ? [] : [pemCertificate(pem, systemClock, isServed)];
  return firstOf(imported, ofFiles, ...ofText);
}

async function openRecords(base: Base, writeLost: (line: string) => void): Promise<AccessLogs> {
  const { settings, connection, logger, teardown, state } = base;
  const direct = createAwsSinks(connection, logger);
  teardown.addResource("log destinations", () => direct.close());
  const sinks = settings.recordQueueUrl === undefined ? direct : queued(base, settings.recordQueueUrl, direct);
  const dir = settings.spoolDir ?? (await mkdtemp(join(tmpdir(), "pergola-records-")));
  if (settings.spoolDir === undefined)
    teardown.addResource("records folder", () => rm(dir, { recursive: true, force: true }));
  const lastResort = { isEnding: () => state.isEnding, writeLost, logger, timeoutMs: lastDeliveryMs };
  const records = await openAccessLogs({
    dir,
    deliverer: settings.spoolDir === undefined ? withLastResort(sinks, lastResort) : sinks,
    clock: systemClock,
    logger,
    closeMs: 2 * lastDeliveryMs,
    // A queue takes lines as they come; what makes batches of them is behind it.
    ...(settings.recordQueueUrl === undefined ? {} : { delayMs: { cloudwatch: 100, s3: 100 } }),
  });
  teardown.addResource("access logs", () => records.close());
  return records;
}

function queued({ connection, teardown }: Base, url: string, direct: RecordSinks): RecordSinks {
  const queue = createSqsQueue(connection, url);
  teardown.addResource("record queue", () => queue.close());
  return queueSinks(queue, direct);
}

interface TrafficParts {
  readonly keys: GatewayKeys;
  readonly certificates: LeafCertificates;
  readonly records: AccessLogs;
  readonly tracing: RequestTracing | undefined;
}

function openDataPlane(
  { settings, connection, store, logger, teardown }: Base,
  { keys, certificates, records, tracing }: TrafficParts,
): DataPlane {
  const { region, sourceVpc, proxyProtocol } = settings;
  const lambda = createLambdaInvoker(connection);
  teardown.addResource("functions", async () => lambda.close());
  const targets = createAwsTargetDirectory({ connection, clock: systemClock, logger });
  teardown.addResource("targets", () => targets.close());
  const ports = {
    store,
    region,
    vpcs: { vpcOf: () => (sourceVpc === "none" ? undefined : sourceVpc) },
    targets,
    lambda,
    credentials: sessionCredentialSource(keys.sessions),
    credentialsReady: (head: RequestHead) => keys.credentialsReady(head),
    records,
    certificates,
    clock: systemClock,
    ids: systemIds,
    logger,
    ...(tracing === undefined ? {} : { tracing }),
  };
  const dataPlane = createDataPlane(ports, { isProxy: isWithin(proxyProtocol) });
  const failures = logFailures(dataPlane, logger);
  teardown.addResource("count of failures", async () => failures.close());
  teardown.addIntake("data plane", (deadlineMs) => dataPlane.close(deadlineMs));
  return dataPlane;
}

async function listenAll(
  { settings, logger }: Base,
  dataPlane: DataPlane,
): Promise<{ listenerPort: number; port: number }[]> {
  const open: { listenerPort: number; port: number }[] = [];
  for (const [listenerPort, port] of settings.listeners) {
    const server = await dataPlane
      .listen(listenerPort, { host: settings.host, port })
      .catch(bindFailure(`listener port ${listenerPort}`, settings.host, port));
    open.push({ listenerPort, port: server.address.port });
    logger.info("a listener port is open", { listenerPort, port: server.address.port });
  }
  return open;
}

function bindFailure(what: string, host: string, port: number): (cause: unknown) => never {
  return (cause) => {
    throw new GatewayStartError(`${what} cannot be served at ${host}:${port}: ${(cause as Error).message}`, { cause });
  };
}
