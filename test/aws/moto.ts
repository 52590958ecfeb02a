import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { inject } from "vitest";

/** Base URL of this worker's moto; undefined under `npm test`, which starts nothing beside Node: there these tests are skipped. */
export const motoUrl: string | undefined = inject("motoUrls")?.[Number(process.env.VITEST_POOL_ID) - 1];

export const region = "us-west-2";
export const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };

/** How to make a client that talks to moto, or to what stands in front of it. */
export function connection(endpoint: string = motoUrl ?? "") {
  return { region, endpoint, credentials };
}

/** A client of the tests' own, straight to moto. */
export function dynamoClient(): DynamoDBClient {
  return new DynamoDBClient({ ...connection(), maxAttempts: 1 });
}

export const silent = { info: () => {}, warn: () => {}, error: () => {} };
