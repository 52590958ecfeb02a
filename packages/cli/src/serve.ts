import type { Logger } from "@pergola/core";
import {
  CertificateFileError,
  createConsoleLogger,
  DataDirInUse,
  DataDirUnwritable,
  type Flags,
  LocalCaError,
  LocalConfigError,
  loadSettings,
  type RunningServer,
  type Settings,
  SettingsError,
  startServer,
} from "@pergola/server";
import type { Demo } from "./demo/run-demo.ts";
import type { CliIo } from "./run-cli.ts";
import { untilSignal } from "./until-signal.ts";

export interface ServeOptions {
  readonly flags: Flags;
  readonly demo: boolean;
}

/**
 * Serves until a signal asks it to end.
 * @returns the exit code: 0 after an orderly end, 1 when the start failed, 2 for settings that cannot be used
 */
export async function serve({ flags, demo }: ServeOptions, io: CliIo): Promise<number> {
  let settings: Settings;
  try {
    settings = loadSettings(io.env, flags, io.cwd());
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    for (const problem of error.problems) io.stderr.write(`pergola: ${problem}\n`);
    return 2;
  }
  const logger = createConsoleLogger(settings.logLevel);
  const signal = untilSignal();
  let running: RunningServer | undefined;
  let example: Demo | undefined;
  try {
    if (demo) {
      const { prepareDemo } = await import("./demo/run-demo.ts");
      example = await prepareDemo(settings, logger);
    }
    running = await startServer(example?.settings ?? settings, logger, example?.additions);
    io.stdout.write(summary(running));
    if (example !== undefined) io.stdout.write(await example.setUp(running));
    replaceAtHangup(running);
    await signal.received;
    logger.info("ending: finishing what is in flight; a second signal ends at once");
    return 0;
  } catch (error) {
    io.stderr.write(`pergola: ${startError(error, settings)}\n`);
    return 1;
  } finally {
    await end(running, example, logger);
    signal.stop();
  }
}

/** As for other servers, a hangup asks for new workers; without workers it ends the process as ever. */
function replaceAtHangup({ replaceWorkers }: RunningServer): void {
  if (replaceWorkers !== undefined) process.on("SIGHUP", () => void replaceWorkers());
}

async function end(running: RunningServer | undefined, demo: Demo | undefined, logger: Logger): Promise<void> {
  await running?.close();
  await demo?.close();
  if (running !== undefined) logger.info("ended");
}

const selfExplaining = [DataDirInUse, DataDirUnwritable, LocalConfigError, LocalCaError, CertificateFileError];

/** Only errors that say all there is to know lose their stack. */
function startError(error: unknown, { host, apiPort }: Settings): string {
  if (error instanceof Error && selfExplaining.some((kind) => error instanceof kind)) return error.message;
  const { code, syscall, stack, message } = error as NodeJS.ErrnoException;
  if (syscall === "listen" && code === "EADDRINUSE") {
    return `the API cannot be served: ${host}:${apiPort} is in use by another process: choose another with --api-port`;
  }
  if (syscall === "listen") return `the API cannot be served at ${host}:${apiPort}: ${message}`;
  return stack ?? message;
}

function summary({ apiUrl, httpPort, httpsPort, caFile, settings }: RunningServer): string {
  const at = (port: number | undefined): string =>
    port === undefined ? `not open, see ${apiUrl}/pergola/listeners` : `${settings.host}:${port}`;
  return `
Pergola is running.

  API                 ${apiUrl}
  listener port 80    ${at(httpPort)}
  listener port 443   ${at(httpsPort)}
  CA certificate      ${caFile}
  data directory      ${settings.dataDir}

Next, in another shell:

  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=${settings.region}
  aws vpc-lattice create-service --name my-first-service --endpoint-url ${apiUrl}

`;
}
