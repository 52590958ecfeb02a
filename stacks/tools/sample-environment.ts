import { createDynamoStore } from "@pergola/aws";
import { owners } from "@pergola/core";
import { network, networkId, region, serviceId, serviceWith } from "./sample-deployment.ts";

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };

/**
 * Puts the sample service, with ten rules, and its network into the table `pergola`.
 * @param endpoint base URL of what stands in for AWS
 * @throws (rejects) when it cannot be written
 */
export async function fillSampleTable(endpoint: string): Promise<void> {
  const client = { region, endpoint, credentials };
  const store = createDynamoStore({ client, table: "pergola", logger: console });
  await store.transact([
    { kind: "put", key: { owner: owners.serviceSnapshots, id: serviceId }, value: serviceWith(10), expect: "any" },
    { kind: "put", key: { owner: owners.networkSnapshots, id: networkId }, value: network, expect: "any" },
  ]);
  await store.close();
}

/** @returns the environment variables of a router on that table */
export function sampleEnvironment(endpoint: string): Readonly<Record<string, string>> {
  return {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    PERGOLA_TABLE: "pergola",
    PERGOLA_ACCOUNT_ID: network.account,
    PERGOLA_AWS_ENDPOINT: endpoint,
    PERGOLA_SOURCE_VPC: "any",
    PERGOLA_TRUST_FORWARDED_HOST: "1",
    PERGOLA_RECORD_QUEUE_URL: `${endpoint}/queue`,
  };
}
