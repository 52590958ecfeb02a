import { createJsonLogger, systemClock, systemIds } from "@pergola/core";
import { sessionCredentialSource } from "@pergola/iam";
import { openConfigReader } from "./adapters/config-reader.ts";
import { lazyLambdaInvoker } from "./adapters/lambda-targets.ts";
import { openRecordQueue, openSinks } from "./adapters/record-destinations.ts";
import { openTargetDirectory } from "./adapters/target-directory.ts";
import { openSessionKeys, withSessionKeys } from "./credential-exchange-keys.ts";
import type { EventReading } from "./events/event-request.ts";
import { createRecordOutbox } from "./records/record-outbox.ts";
import { createRouter, type Router } from "./router.ts";
import { type LambdaSettings, readLambdaSettings } from "./settings.ts";

export interface OpenRouter {
  readonly router: Router;
  readonly reading: EventReading;
}

/**
 * Opens the router of this environment; nothing is sent before the first request.
 * @throws LambdaSettingsError when the environment is not usable
 */
export function openRouter(env: Readonly<Record<string, string | undefined>>): OpenRouter {
  const settings = readLambdaSettings(env);
  const logger = createJsonLogger();
  const ports = { clock: systemClock, ids: systemIds, logger };
  const queue = openRecordQueue(settings);
  const store = openConfigReader(settings, logger);
  const { region, endpoint } = settings;
  const connection = { region, ...(endpoint === undefined ? {} : { endpoint }) };
  const keys = openSessionKeys({ env, connection, store, logger });
  const router = createRouter({
    ...ports,
    store,
    region: settings.region,
    vpcs: { vpcOf: () => sourceVpcOf(settings) },
    targets: openTargetDirectory(settings, logger),
    lambda: lazyLambdaInvoker(settings),
    credentials: sessionCredentialSource(keys),
    records: createRecordOutbox({
      ...ports,
      sinks: openSinks(settings, logger),
      writeLost: (line) => void process.stdout.write(line),
      ...(queue === undefined ? {} : { queue }),
    }),
    configurationTtl: settings.configurationTtl,
  });
  const { trustForwardedHost, listener } = settings;
  return {
    router: withSessionKeys(router, keys),
    reading: { trustForwardedHost, ...(listener === undefined ? {} : { listener }) },
  };
}

function sourceVpcOf({ sourceVpc }: LambdaSettings): Exclude<LambdaSettings["sourceVpc"], "none"> | undefined {
  return sourceVpc === "none" ? undefined : sourceVpc;
}
