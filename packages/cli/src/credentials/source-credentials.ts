import { CliFailure } from "../cli-failure.ts";
import { readBoundedFile } from "../read-bounded-file.ts";
import type { CliIo } from "../run-cli.ts";

/** Who asks for a session. */
export interface SourceCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface SourceFlags {
  readonly accessKeyId?: string;
  readonly secretAccessKeyFile?: string;
}

/**
 * The flags' access key, or the environment's. Profiles are not looked at: this command may be what a profile runs, and would
 * run itself again and again.
 * @throws CliFailure when there is none, or half of one
 */
export async function readSourceCredentials(flags: SourceFlags, io: CliIo): Promise<SourceCredentials> {
  const { accessKeyId, secretAccessKeyFile } = flags;
  if ((accessKeyId === undefined) !== (secretAccessKeyFile === undefined)) {
    throw new CliFailure("--access-key-id and --secret-access-key-file belong together: give both or none", 2);
  }
  if (accessKeyId !== undefined && secretAccessKeyFile !== undefined) {
    const secretAccessKey = (await readBoundedFile(secretAccessKeyFile, io)).trim();
    if (secretAccessKey === "")
      throw new CliFailure(`\`${secretAccessKeyFile}\` is empty and must hold the secret key`);
    return { accessKeyId, secretAccessKey };
  }
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = io.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new CliFailure(
      "no source credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --access-key-id and --secret-access-key-file",
    );
  }
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
  };
}
