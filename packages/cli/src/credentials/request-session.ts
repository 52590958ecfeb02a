import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  type Credentials,
  GetSessionTokenCommand,
  STSClient,
  STSServiceException,
} from "@aws-sdk/client-sts";
import { ApiFailure, noAnswer } from "../api/api.ts";
import type { Connection } from "../api/connection.ts";
import { CliFailure } from "../cli-failure.ts";
import { printable } from "../printable.ts";
import type { SessionRequest } from "./session-request.ts";

/** Temporary credentials in the form that `credential_process` has to print. */
export interface ProcessCredentials {
  readonly Version: 1;
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  /** ISO 8601. */
  readonly Expiration: string;
}

/**
 * Asks Pergola's STS for a session.
 * @throws ApiFailure when it refuses, CliFailure when it does not answer
 */
export async function requestSession(request: SessionRequest, connection: Connection): Promise<ProcessCredentials> {
  const { endpointUrl: endpoint, region } = connection;
  const source = request.kind === "web-identity" ? {} : { credentials: request.source };
  const client = new STSClient({ endpoint, region, ...source, maxAttempts: 2 });
  try {
    return asProcessCredentials(await send(client, request));
  } catch (error) {
    if (error instanceof STSServiceException) throw new ApiFailure(error.name, printable(error.message));
    if (error instanceof CliFailure) throw error;
    throw noAnswer(error, endpoint);
  } finally {
    client.destroy();
  }
}

async function send(client: STSClient, request: SessionRequest): Promise<Credentials | undefined> {
  if (request.kind === "session-token")
    return (await client.send(new GetSessionTokenCommand(request.input))).Credentials;
  if (request.kind === "role") return (await client.send(new AssumeRoleCommand(request.input))).Credentials;
  return (await client.send(new AssumeRoleWithWebIdentityCommand(request.input))).Credentials;
}

function asProcessCredentials(credentials: Credentials | undefined): ProcessCredentials {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) {
    throw new CliFailure("the answer of STS has no credentials");
  }
  return { Version: 1, AccessKeyId, SecretAccessKey, SessionToken, Expiration: Expiration.toISOString() };
}
