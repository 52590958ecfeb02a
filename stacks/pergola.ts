import { accessLogs } from "./access-logs.ts";
import { alarms } from "./alarms.ts";
import { certificates } from "./certificates.ts";
import { controlPlane } from "./control-plane.ts";
import { credentialExchange } from "./credential-exchange.ts";
import type { DeploySettings } from "./deploy-settings.ts";
import { domainVerification } from "./domain-verification.ts";
import { edge } from "./edge.ts";
import { defineFunctionDefaults } from "./function-defaults.ts";
import { gateway } from "./gateway.ts";
import { healthChecks } from "./health-checks.ts";
import { identity } from "./identity.ts";
import { router } from "./router.ts";
import { routerPermissions } from "./router-permissions.ts";
import { storage } from "./storage.ts";
import { vpcRouter } from "./vpc-router.ts";

/** Everything, in the order in which one part needs another. @returns what `sst deploy` prints */
export function pergola(settings: DeploySettings) {
  defineFunctionDefaults(settings);
  const { table } = storage();
  const session = identity(settings);
  const logs = accessLogs(settings, table);
  const base = { settings, table, identity: session, logs };
  const management = controlPlane(base);
  const exchange =
    settings.exchangeAccounts === undefined ? undefined : credentialExchange(base, settings.exchangeAccounts);
  const checks = settings.healthChecks ? healthChecks(base) : undefined;
  const verification = domainVerification(base);
  const permissions = routerPermissions(base);
  const urlRouter = settings.access === "none" ? undefined : router({ ...base, permissions, access: settings.access });
  const certified = settings.domain === undefined ? undefined : certificates(settings, settings.domain);
  if (urlRouter !== undefined && certified !== undefined) edge(certified, urlRouter);
  const vpcRouters = (settings.vpcs ?? []).map((vpc) => vpcRouter({ ...base, permissions, vpc, certified }));
  const gateways = settings.gateway === undefined ? undefined : gateway({ ...base, gateway: settings.gateway });
  alarms({
    settings,
    logs,
    table,
    routers: [...(urlRouter === undefined ? [] : [{ handler: urlRouter }]), ...vpcRouters],
    controlPlane: management,
    healthChecks: checks,
    domainVerification: verification,
    gateway: gateways,
  });
  return {
    api: management.url,
    router: urlRouter?.url,
    exchange: exchange?.url,
    audience: exchange?.audience,
    gateway: gateways?.balancer.dnsName,
    accessLogGroup: logs.group.arn,
    loadBalancers: $util.all(vpcRouters.map(({ balancer }) => balancer.dnsName)),
  };
}
