import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

export interface DynamoClientOptions {
  readonly region: string;
  /** Base URL of a server that speaks DynamoDB's API; absent for AWS itself. */
  readonly endpoint?: string;
  /** Absent: the SDK's usual chain. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** @returns the client, with an SDK that is loaded when it is first needed */
export async function openDynamoClient({
  region,
  endpoint,
  credentials,
}: DynamoClientOptions): Promise<DynamoDBClient> {
  const { DynamoDBClient } = await import("@aws-sdk/client-dynamodb");
  return new DynamoDBClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    // The store tries again by itself, with one deadline for everything (`withRetries`).
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: 64 },
      httpsAgent: { keepAlive: true, maxSockets: 64 },
    },
  });
}
