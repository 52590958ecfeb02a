import type { STSClient } from "@aws-sdk/client-sts";
import { CliFailure } from "./cli-failure.ts";
import type { CliIo } from "./run-cli.ts";

/** A request as AWS's signer takes it. */
export interface SignableRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** Signs with the caller's own AWS credentials. */
export interface AwsSigner {
  /** @returns what tells this source of credentials from another, for caches */
  identity(): Promise<{ readonly accessKeyId: string; readonly secretAccessKey: string }>;
  /** @returns the headers of the request, signed for `service`. @throws CliFailure without usable credentials */
  headers(request: SignableRequest, service: string): Promise<Readonly<Record<string, string>>>;
  /** @returns the query of the request, signed for STS. @throws CliFailure without usable credentials */
  presign(request: SignableRequest, expiresIn: number): Promise<Readonly<Record<string, string>>>;
  close(): void;
}

interface SdkSigner {
  sign(request: SignableRequest, options: object): Promise<{ readonly headers: Record<string, string> }>;
  presign(request: SignableRequest, options: object): Promise<{ readonly query: Record<string, string> }>;
}

/** Tells a `pergola credentials` that the search for its own source has led back to it. */
const searching = "PERGOLA_SEARCHING_CREDENTIALS";

/**
 * Opens the signer of AWS's own client on its usual chain of credentials: environment, profile, SSO, containers, instances.
 * @throws CliFailure when this process was started by that very chain
 */
export async function openAwsSigner(
  { region, profile }: { readonly region: string; readonly profile?: string | undefined },
  { env }: Pick<CliIo, "env">,
): Promise<AwsSigner> {
  if (env[searching] !== undefined) {
    throw new CliFailure(
      "the AWS profile runs `pergola credentials` itself: name the one to sign with by --profile",
      2,
    );
  }
  // A profile with `credential_process = pergola credentials --exchange …` would run itself again and again.
  process.env[searching] = "1";
  const { STSClient } = await import("@aws-sdk/client-sts");
  const client = new STSClient({ region, ...(profile === undefined ? {} : { profile }) });
  const chosen = profile ?? env.AWS_PROFILE;
  // What a profile's command says is lost in AWS's client.
  const hint = chosen
    ? `; if the profile \`${chosen}\` runs \`pergola credentials\` itself, name another with --profile`
    : "";
  const orFail = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const { message } = error as Error;
      throw new CliFailure(`no AWS credentials to sign with: ${message}${hint}`, 1, { cause: error });
    }
  };
  return {
    identity: () => orFail(async () => client.config.credentials()),
    headers: (request, service) =>
      orFail(async () => {
        const options = { signingService: service, signingRegion: region };
        return (await (await signerOf(client)).sign(request, options)).headers;
      }),
    presign: (request, expiresIn) =>
      orFail(async () => (await (await signerOf(client)).presign(request, { expiresIn })).query),
    close: () => client.destroy(),
  };
}

async function signerOf(client: STSClient): Promise<SdkSigner> {
  return (await client.config.signer()) as unknown as SdkSigner;
}
