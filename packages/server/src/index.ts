export { LocalConfigError } from "./config/local-config.ts";
export { isLoopbackHost } from "./config/loopback.ts";
export { type Flags, type LogLevel, SettingsError } from "./config/setting-reader.ts";
export { loadSettings, type Settings } from "./config/settings.ts";
export { createConsoleLogger } from "./console-logger.ts";
export { DataDirInUse, DataDirUnwritable } from "./data-dir-lock.ts";
export { askServer, createAddressResolver } from "./dns/address-resolver.ts";
export { findFunction } from "./functions/find-function.ts";
export {
  createFunctionsRunner,
  type FunctionsRunner,
  type FunctionsRunnerOptions,
} from "./functions/functions-runner.ts";
export { type GatewaySettings, loadGatewaySettings } from "./gateway/gateway-settings.ts";
export { GatewayStartError, type RunningGateway, startGateway } from "./gateway/start-gateway.ts";
export { printRecoveredLogs, recoverLogs } from "./recover-logs.ts";
export { type ConfigAdditions, type RunningServer, startServer } from "./start-server.ts";
export { CertificateFileError } from "./tls/file-certificates.ts";
export { LocalCaError } from "./tls/local-ca.ts";
