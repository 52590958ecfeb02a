import { join } from "node:path";
import type { ConfigStore, Logger } from "@pergola/core";
import type { LocalConfig } from "./config/local-config.ts";
import type { Settings } from "./config/settings.ts";
import type { IdentityDirectory } from "./identity/identity-directory.ts";
import type { KeyFile } from "./identity/keyring-file.ts";
import type { Teardown } from "./teardown.ts";
import type { LocalCa } from "./tls/local-ca.ts";

/** What the parts of the server share. */
export interface ServerBase {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly teardown: Teardown;
  readonly config: LocalConfig;
  readonly ca: LocalCa;
  readonly store: ConfigStore;
  readonly keys: KeyFile;
  readonly identities: IdentityDirectory;
}

/** @returns where files stand in for log destinations */
export function logsDir({ dataDir }: Settings): string {
  return join(dataDir, "logs");
}
