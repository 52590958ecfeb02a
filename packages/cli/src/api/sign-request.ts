import { CliFailure } from "../cli-failure.ts";
import type { CliIo } from "../run-cli.ts";
import type { Connection } from "./connection.ts";

/** A request on its way to the API. */
export interface UnsignedRequest {
  readonly method: string;
  readonly url: URL;
  readonly body: string | undefined;
}

/**
 * Signs for `vpc-lattice` with the credentials of the environment, or of the profile that `AWS_PROFILE` names, by the signer of
 * AWS's own client.
 * @returns the headers to send; without credentials an unsigned request's
 * @throws CliFailure when there is a profile without usable credentials
 */
export async function headersOf(request: UnsignedRequest, { region }: Connection, io: CliIo) {
  const { method, url, body } = request;
  const headers: Record<string, string> = {
    host: url.host,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const source = sourceOf(io.env);
  if (source === undefined) return headers;
  // Loaded here: most local servers ask for no signature, and the client takes 0.2 s to load.
  const { VPCLatticeClient } = await import("@aws-sdk/client-vpc-lattice");
  const client = new VPCLatticeClient({ region, ...source });
  try {
    const signer = await client.config.signer();
    const signed = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === "" ? {} : { port: Number(url.port) }),
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers,
      body,
    });
    return signed.headers;
  } catch (error) {
    throw new CliFailure(`the request cannot be signed: ${(error as Error).message}`, 1, { cause: error });
  } finally {
    client.destroy();
  }
}

/** @returns what to give AWS's client, undefined when the environment names no credentials */
function sourceOf(env: CliIo["env"]) {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN,
    AWS_PROFILE,
  } = env;
  if (accessKeyId && secretAccessKey) {
    const sessionToken = AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {};
    return { credentials: { accessKeyId, secretAccessKey, ...sessionToken } };
  }
  return AWS_PROFILE ? { profile: AWS_PROFILE } : undefined;
}
