import { createHash } from "node:crypto";
import {
  type ApiRequest,
  createCertificateKeys,
  createControlPlane,
  createSts,
  type RequestPorts,
} from "@pergola/control-plane";
import { systemClock, systemIds } from "@pergola/core";
import { createSignatureVerifier, createWebIdentityVerifier } from "@pergola/iam";
import { jsonResponse } from "./api/api-error.ts";
import { startApiHost } from "./api/api-host.ts";
import { refuseForeignPage } from "./api/browser-guard.ts";
import { createCallerOf } from "./api/caller.ts";
import { createSignatureCheck, type SignedRequest } from "./api/require-signature.ts";
import { createTargetDirectory } from "./config/directories.ts";
import { createOrganizationDirectory } from "./config/organizations.ts";
import { createVpcEndpointDirectory } from "./config/vpc-endpoints.ts";
import { recordsRoute } from "./live-records/records-route.ts";
import { type MetricsSources, metricsRoutes } from "./metrics/metrics-routes.ts";
import { createLogSearch } from "./recent-records-in-logs.ts";
import { logsDir, type ServerBase } from "./server-base.ts";
import type { Carrier } from "./start-carrier.ts";
import type { Resources } from "./start-resources.ts";

/** What the API tells of, beside the configuration. */
interface ApiSubjects {
  readonly carrier: Carrier;
  readonly resources: Resources;
  readonly metrics: MetricsSources["process"];
}

/** Starts the API: Lattice's, Pergola's own and STS. @returns its base URL */
export async function startApi(base: ServerBase, { carrier, resources, metrics }: ApiSubjects): Promise<string> {
  const { settings, logger, teardown, config, store, keys, identities } = base;
  const { host, requireAuth, accountId, region, domain, settleMs } = settings;
  const { credentials } = identities;
  const callerOf = createCallerOf(credentials, { account: accountId, region }, requireAuth);
  const accountOf = ({ rawHeaders }: SignedRequest): string | undefined =>
    requireAuth ? callerOf(rawHeaders).account : undefined;
  const control = createControlPlane({
    store,
    clock: systemClock,
    ids: systemIds,
    settings: { domain, defaultAccount: accountId, defaultRegion: region, settleMs, quotas: config.quotas },
    targets: createTargetDirectory(config),
    vpcEndpoints: createVpcEndpointDirectory(config.vpcEndpoints, systemClock.now().toISOString()),
    identities,
    certificates: createCertificateKeys(keys.secrets),
    organizations: createOrganizationDirectory(config.organizations),
    requests: findRequests(base, carrier),
    logger,
    callerOf,
  });
  const checkSignature = createSignatureCheck(credentials, region, systemClock, logger);
  const startedAt = systemClock.now().toISOString();
  const api = await startApiHost(
    {
      control,
      sts: startSts(base),
      routes: {
        "/pergola/health": () => jsonResponse(200, { status: "ok", startedAt }),
        "/pergola/listeners": async () => jsonResponse(200, { listeners: await carrier.listeners() }),
        "/pergola/resources": async () => jsonResponse(200, { resources: await resources.status() }),
        ...metricsRoutes({ process: metrics, traffic: () => carrier.traffic(), accountOf, startedAt }),
        ...recordsRoute({ live: carrier.liveRecords, accountOf, defaultAccount: accountId }),
      },
      refuse: (rawHeaders) => (requireAuth ? undefined : refuseForeignPage(rawHeaders, host)),
      authenticate: (request) => (requireAuth ? checkSignature(request) : undefined),
      settled: async () => {
        await Promise.all([carrier.settled(), resources.settled(), identities.settled()]);
      },
      ids: systemIds,
      logger,
    },
    { host, port: settings.apiPort },
  );
  teardown.addIntake("API", (deadlineMs) => api.close(deadlineMs));
  return `http://${host.includes(":") ? `[${host}]` : host}:${api.address.port}`;
}

/** What happened: lately, or as far back as the local log files go. */
function findRequests({ settings, logger }: ServerBase, carrier: Carrier): RequestPorts {
  const searchLogs = createLogSearch(logsDir(settings), logger);
  return {
    async findRequest(requestId, isVisible) {
      const known = await carrier.find(requestId, isVisible);
      if (known !== undefined) return { ...known, source: "memory" };
      const record = await searchLogs(requestId, isVisible);
      return record === undefined ? undefined : { record, source: "access-log" };
    },
  };
}

/** STS verifies signatures itself, with or without `--require-auth`: what it answers depends on who asks. */
function startSts({ settings, logger, config, store, keys, identities }: ServerBase): ReturnType<typeof createSts> {
  const { region, requireAuth, accountId } = settings;
  const verifier = createSignatureVerifier({ service: "sts", region, payload: "any" }, identities.credentials);
  return createSts({
    store,
    clock: systemClock,
    ids: systemIds,
    logger,
    keyring: () => keys.sessions(systemClock.now()),
    authenticate: ({ method, target, rawHeaders, body }: ApiRequest, now) => {
      const [path = "", query = ""] = target.split("?", 2);
      return verifier.verify({ method, path, query, rawHeaders }, now, createHash("sha256").update(body).digest("hex"));
    },
    acceptUnknownCallers: !requireAuth,
    defaultAccount: accountId,
    ...(config.oidcProviders.length === 0 ? {} : { webIdentity: createWebIdentityVerifier(config.oidcProviders) }),
  });
}
