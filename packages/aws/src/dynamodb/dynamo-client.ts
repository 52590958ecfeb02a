import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type AwsConnection, clientSettings, type Lazy, lazy } from "../aws-connection.ts";

/**
 * @param given a client, which stays the caller's to destroy, or how to make one
 * @returns the client; the SDK is loaded when it is first needed
 */
export function dynamoClient(given: DynamoDBClient | AwsConnection): Lazy<DynamoDBClient> {
  if ("send" in given) return { get: async () => given, destroy: async () => undefined };
  return lazy(async () => {
    const { DynamoDBClient } = await import("@aws-sdk/client-dynamodb");
    // The store tries again by itself, with one deadline for everything (`withRetries`).
    return new DynamoDBClient(clientSettings(given, { requestMs: 10_000, maxAttempts: 1 }));
  });
}
