import type { LambdaInvoker, Logger } from "@pergola/core";
import type { Settings } from "./config/settings.ts";

/** @returns what runs functions: the endpoint that the settings name, or else the functions directory */
export async function openLambda(
  settings: Settings,
  logger: Logger,
): Promise<LambdaInvoker & { close(): void | Promise<void> }> {
  const { lambdaEndpoint: endpoint, region } = settings;
  if (endpoint !== undefined) {
    const { createLambdaInvoker } = await import("@pergola/aws");
    return createLambdaInvoker({ endpoint, region });
  }
  const { createFunctionsRunner } = await import("./functions/functions-runner.ts");
  return createFunctionsRunner({
    dir: settings.functionsDir,
    region,
    logger,
    timeoutMs: settings.functionTimeoutMs,
    memoryMb: settings.functionMemoryMb,
  });
}
