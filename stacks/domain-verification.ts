import { type FunctionBase, functionEnvironment } from "./function-environment.ts";
import { writesTable } from "./table-statements.ts";

/** Looks up the TXT records of domains that are to be verified: a record that was placed counts within a minute or so. */
export function domainVerification({ settings, table }: FunctionBase) {
  const { dnsServer } = settings;
  const cron = new sst.aws.CronV2("DomainVerification", {
    schedule: "rate(1 minute)",
    function: {
      handler: "packages/lambda/src/domain-verification.handler",
      description: "Pergola: domain verification",
      memory: "256 MB",
      timeout: "60 seconds",
      environment: {
        ...functionEnvironment(settings, table),
        ...(dnsServer === undefined ? {} : { PERGOLA_DNS_SERVER: dnsServer }),
      },
      permissions: [writesTable(table)],
    },
  });
  return cron.nodes.function;
}
