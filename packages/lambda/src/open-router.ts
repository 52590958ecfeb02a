import { createJsonLogger, headerValue, type Logger, systemClock, systemIds } from "@pergola/core";
import { claimsSession, sessionCredentialSource } from "@pergola/iam";
import { openConfigReader } from "./adapters/config-reader.ts";
import { lazyLambdaInvoker } from "./adapters/lambda-targets.ts";
import { openRecordQueue, openSinks } from "./adapters/record-destinations.ts";
import { openTargetDirectory } from "./adapters/target-directory.ts";
import { openSessionKeys } from "./credential-exchange-keys.ts";
import type { EventReading } from "./events/event-request.ts";
import { createRecordOutbox } from "./records/record-outbox.ts";
import { createRouter, type Router } from "./router.ts";
import { type LambdaSettings, readLambdaSettings } from "./settings.ts";
import type { InvocationTracing } from "./tracing/invocation-tracing.ts";

type Env = Readonly<Record<string, string | undefined>>;

export interface OpenRouter {
  readonly router: Router;
  readonly reading: EventReading;
}

/**
 * Opens the router of this environment; nothing is sent before the first request.
 * @throws (rejects) LambdaSettingsError when the environment is not usable
 */
export async function openRouter(env: Env): Promise<OpenRouter> {
  const settings = readLambdaSettings(env);
  const logger = createJsonLogger();
  const ports = { clock: systemClock, ids: systemIds, logger };
  const queue = openRecordQueue(settings);
  const store = openConfigReader(settings, logger);
  const { region, endpoint } = settings;
  const connection = { region, ...(endpoint === undefined ? {} : { endpoint }) };
  const keys = openSessionKeys({ env, connection, store, logger });
  const tracing = await openTracing(env, logger);
  const router = createRouter({
    ...ports,
    store,
    region: settings.region,
    vpcs: { vpcOf: () => sourceVpcOf(settings) },
    targets: openTargetDirectory(settings, logger),
    lambda: lazyLambdaInvoker(settings),
    credentials: sessionCredentialSource(keys),
    credentialsReady: ({ rawHeaders }) => (claimsSession(rawHeaders) ? keys.refresh() : undefined),
    records: createRecordOutbox({
      ...ports,
      sinks: openSinks(settings, logger),
      writeLost: (line) => void process.stdout.write(line),
      ...(queue === undefined ? {} : { queue }),
    }),
    ...(tracing === undefined ? {} : { tracing }),
    configurationTtl: settings.configurationTtl,
  });
  const { trustForwardedHost, listener } = settings;
  return {
    router,
    reading: { trustForwardedHost, ...(listener === undefined ? {} : { listener }) },
  };
}

function sourceVpcOf({ sourceVpc }: LambdaSettings): Exclude<LambdaSettings["sourceVpc"], "none"> | undefined {
  return sourceVpc === "none" ? undefined : sourceVpc;
}

/** Loads what makes spans, and only where the environment seems to name a receiver of them. */
async function openTracing(env: Env, logger: Logger): Promise<InvocationTracing | undefined> {
  if (!(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT)) return undefined;
  try {
    const { openInvocationTracing } = await import("./tracing/invocation-tracing.ts");
    return await openInvocationTracing(env, logger, headerValue);
  } catch (error) {
    logger.error("no spans are made", { error });
    return undefined;
  }
}
