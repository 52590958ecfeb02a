import type { AccessLogs } from "@pergola/access-logs";
import { createCertificateKeys } from "@pergola/control-plane";
import { type AccessRecord, type Logger, systemClock, systemIds } from "@pergola/core";
import { createDataPlane, type DataPlane, type TicketKeys, type Traffic } from "@pergola/data-plane";
import { isWithin } from "./config/cidr.ts";
import { createTargetDirectory, createVpcDirectory } from "./config/directories.ts";
import { type LiveRecords, liveRecordsOf } from "./live-records/live-records.ts";
import type { CarrierMetrics } from "./metrics/process-metrics.ts";
import { openLambda } from "./open-lambda.ts";
import { type PortStatus, startPortManager } from "./ports/port-manager.ts";
import { createRecentRequests, type RecentRequest, type RecentRequestList } from "./recent-records.ts";
import type { ServerBase } from "./server-base.ts";
import { openFileCertificates } from "./tls/file-certificates.ts";
import { createImportedCertificates, firstOf } from "./tls/imported-certificates.ts";
import { createLeafCertificates } from "./tls/leaf-certificates.ts";
import { createServedNames } from "./tls/served-names.ts";
import { traceUntilTeardown } from "./trace-until-teardown.ts";

/** What carries requests, as far as the API tells of it: this process, or several others. */
export interface Carrier {
  /** Resolves when every change of the configuration until the call is in force, ports included, or has failed. */
  settled(): Promise<void>;
  listeners(): Promise<readonly PortStatus[]>;
  /** @returns the port on this machine that serves a listener port, or undefined while none does */
  portOf(listenerPort: number): number | undefined;
  metrics(): Promise<CarrierMetrics>;
  /** @returns what has gone through, by service and target group */
  traffic(): Promise<Traffic>;
  /** The recent records and those to come. */
  readonly liveRecords: LiveRecords;
  /** @returns the newest recent record of this id that `isVisible` */
  find(requestId: string, isVisible: (record: AccessRecord) => boolean): Promise<RecentRequest | undefined>;
}

/** What carries requests in this process. */
export interface OwnCarrier extends Carrier {
  /** @returns the recent records of an id, the newest first, at most `max` */
  records(requestId: string, max: number): readonly RecentRequest[];
}

interface CarrierOptions {
  readonly records: AccessLogs;
  /** Where the last requests are kept, when the caller reads there, too. */
  readonly recent?: RecentRequestList;
  /** Those of TLS session tickets, where several processes share them. */
  readonly ticketKeys?: TicketKeys;
  /** For how long connections at rest stay open at the end, in milliseconds; asked then. */
  readonly restMs?: () => number;
}

/** What is on its way to a connection at rest when the end begins has arrived by then, on this machine or near it. */
const shortRestMs = 250;

/** Starts everything on the way of a request to a target, in this process. */
export async function startCarrier(base: ServerBase, options: CarrierOptions): Promise<OwnCarrier> {
  const { records, restMs, ticketKeys, recent = createRecentRequests() } = options;
  const { settings, logger, teardown, store } = base;
  const { host, httpPort, httpsPort } = settings;
  const dataPlane = createDataPlane(
    { ...(await openPorts(base)), records, recent, ...(ticketKeys === undefined ? {} : { ticketKeys }) },
    { isProxy: isWithin(settings.proxyProtocol), serviceRate: settings.serviceRate },
  );
  teardown.addIntake("data plane", (deadlineMs) => dataPlane.close(deadlineMs, restMs?.() ?? shortRestMs));
  const listen: DataPlane["listen"] = (listenerPort, bind) => dataPlane.listen(listenerPort, bind);
  const fixed = [[80, httpPort] as const, [443, httpsPort] as const];
  const ports = await startPortManager({ store, listen, logger }, { host, fixed });
  teardown.addIntake("listener ports", () => ports.close());
  warmUpCertificates(logger);
  return {
    settled: async () => {
      await Promise.all([ports.settled(), base.identities.settled()]);
    },
    listeners: async () => ports.status(),
    portOf: (listenerPort) => ports.portOf(listenerPort),
    metrics: async () => ({ dataPlane: dataPlane.metrics(), accessLogs: records.metrics() }),
    traffic: () => dataPlane.traffic(),
    liveRecords: liveRecordsOf(recent),
    find: async (requestId, isVisible) => recent.find(requestId, isVisible),
    records: (requestId, max) => recent.all(requestId, max),
  };
}

/** What the data plane needs of the world around it. */
async function openPorts({ settings, logger, teardown, config, ca, store, keys, identities }: ServerBase) {
  const lambda = await openLambda(settings, logger);
  teardown.addResource("functions", () => lambda.close());
  const { openKey } = createCertificateKeys(keys.secrets);
  const imported = createImportedCertificates({ store, clock: systemClock, logger, openKey });
  teardown.addResource("imported certificates", async () => imported.close());
  const tracing = await traceUntilTeardown(logger, teardown);
  const isServed = createServedNames(store);
  const files = openFileCertificates(config.certificates, { clock: systemClock, logger, isServed });
  teardown.addResource("certificate files", async () => files.close());
  return {
    store,
    region: settings.region,
    vpcs: createVpcDirectory(config.vpcs),
    targets: createTargetDirectory(config),
    lambda,
    credentials: identities.credentials,
    certificates: firstOf(imported, files, createLeafCertificates(ca, isServed, systemClock)),
    clock: systemClock,
    ids: systemIds,
    logger,
    ...(tracing === undefined ? {} : { tracing }),
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
