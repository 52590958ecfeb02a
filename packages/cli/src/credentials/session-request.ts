import { createHash } from "node:crypto";
import type {
  AssumeRoleCommandInput,
  AssumeRoleWithWebIdentityCommandInput,
  GetSessionTokenCommandInput,
} from "@aws-sdk/client-sts";
import type { Connection } from "../api/connection.ts";
import { CliFailure } from "../cli-failure.ts";
import { readBoundedFile } from "../read-bounded-file.ts";
import type { CliIo } from "../run-cli.ts";
import { readSourceCredentials, type SourceCredentials, type SourceFlags } from "./source-credentials.ts";

/** What is asked of STS, and by whom. */
export type SessionRequest =
  | { readonly kind: "session-token"; readonly source: SourceCredentials; readonly input: GetSessionTokenCommandInput }
  | { readonly kind: "role"; readonly source: SourceCredentials; readonly input: AssumeRoleCommandInput }
  | { readonly kind: "web-identity"; readonly input: AssumeRoleWithWebIdentityCommandInput };

/** What commander gives for the options of `pergola credentials`. */
export interface SessionFlags extends SourceFlags {
  readonly roleArn?: string;
  readonly sessionName?: string;
  readonly duration?: number;
  readonly tag?: Readonly<Record<string, string>>;
  readonly transitiveTagKey?: readonly string[];
  readonly externalId?: string;
  readonly sessionPolicy?: string;
  readonly webIdentityTokenFile?: string;
}

const defaultSessionName = "pergola-credentials";

/** @throws CliFailure for flags that do not fit together, and for files that cannot be read */
export async function readSessionRequest(flags: SessionFlags, io: CliIo): Promise<SessionRequest> {
  const { roleArn, duration, webIdentityTokenFile } = flags;
  refuseUnfitting(flags);
  const seconds = duration === undefined ? {} : { DurationSeconds: duration };
  if (roleArn === undefined)
    return { kind: "session-token", source: await readSourceCredentials(flags, io), input: seconds };
  const policy = flags.sessionPolicy === undefined ? {} : { Policy: await readBoundedFile(flags.sessionPolicy, io) };
  const common = { RoleArn: roleArn, RoleSessionName: flags.sessionName ?? defaultSessionName, ...seconds, ...policy };
  if (webIdentityTokenFile !== undefined) {
    const WebIdentityToken = (await readBoundedFile(webIdentityTokenFile, io)).trim();
    return { kind: "web-identity", input: { ...common, WebIdentityToken } };
  }
  const tags = Object.entries(flags.tag ?? {}).map(([Key, Value]) => ({ Key, Value }));
  const input = {
    ...common,
    ...(tags.length === 0 ? {} : { Tags: tags }),
    ...(flags.transitiveTagKey === undefined ? {} : { TransitiveTagKeys: [...flags.transitiveTagKey] }),
    ...(flags.externalId === undefined ? {} : { ExternalId: flags.externalId }),
  };
  return { kind: "role", source: await readSourceCredentials(flags, io), input };
}

const ofRoles = [
  "sessionName",
  "tag",
  "transitiveTagKey",
  "externalId",
  "sessionPolicy",
  "webIdentityTokenFile",
] as const;
/** A token's session gets its tags from the token; the token itself is the caller's proof. */
const notOfTokens = ["tag", "transitiveTagKey", "externalId", "accessKeyId", "secretAccessKeyFile"] as const;

function refuseUnfitting(flags: SessionFlags): void {
  if (flags.roleArn === undefined) {
    const lonely = ofRoles.find((flag) => flags[flag] !== undefined);
    if (lonely !== undefined) throw new CliFailure(`${optionOf(lonely)} needs a role: give --role-arn`, 2);
  }
  if (flags.webIdentityTokenFile === undefined) return;
  const idle = notOfTokens.find((flag) => flags[flag] !== undefined);
  if (idle !== undefined) throw new CliFailure(`${optionOf(idle)} has no effect with --web-identity-token-file`, 2);
}

function optionOf(flag: string): string {
  return `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * @returns a name for the session that this request gets: other parameters, another server or another secret, another name, so
 * that nobody is handed a session of a key that is not theirs
 */
export function cacheNameOf(request: SessionRequest, connection: Connection): string {
  return createHash("sha256").update(JSON.stringify({ request, connection })).digest("hex");
}
