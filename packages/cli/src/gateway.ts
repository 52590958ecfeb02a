import { createJsonLogger } from "@pergola/core";
import {
  CertificateFileError,
  type Flags,
  type GatewaySettings,
  GatewayStartError,
  loadGatewaySettings,
  type RunningGateway,
  SettingsError,
  startGateway,
} from "@pergola/server";
import type { CliIo } from "./run-cli.ts";
import { untilSignal } from "./until-signal.ts";

/**
 * Serves until a signal asks for an orderly end.
 * @returns the exit code: 0 after an orderly end, 1 when the start failed, 2 for settings that cannot be used
 */
export async function serveGateway(flags: Flags, io: CliIo): Promise<number> {
  let settings: GatewaySettings;
  try {
    settings = loadGatewaySettings(io.env, flags, io.cwd());
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    for (const problem of error.problems) io.stderr.write(`pergola: ${problem}\n`);
    return 2;
  }
  const write = (line: string): void => void io.stdout.write(line);
  const logger = createJsonLogger(write);
  const signal = untilSignal();
  let running: RunningGateway | undefined;
  try {
    running = await startGateway(settings, logger, write);
    logger.info("the gateway is ready", { healthPort: running.healthPort });
    await signal.received;
    logger.info("draining: finishing what is in flight; a second signal ends at once");
    return 0;
  } catch (error) {
    const isKnown = error instanceof GatewayStartError || error instanceof CertificateFileError;
    const { stack, message } = error as Error;
    io.stderr.write(`pergola: ${isKnown ? message : (stack ?? message)}\n`);
    return 1;
  } finally {
    await running?.close();
    if (running !== undefined) logger.info("ended");
    signal.stop();
  }
}
