import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { tableDefinition } from "./table-definition.ts";

/**
 * Makes the table as `tableDefinition` says, for tests and for servers of one's own; on AWS the stack declares it. Resolves when
 * the table can be used.
 * @throws the SDK's ResourceInUseException when there is such a table already
 */
export async function createDynamoTable(client: DynamoDBClient, table: string): Promise<void> {
  const sdk = await import("@aws-sdk/client-dynamodb");
  const { partitionKey, sortKey, timeToLive, billingMode, pointInTimeRecovery } = tableDefinition;
  await client.send(
    new sdk.CreateTableCommand({
      TableName: table,
      BillingMode: billingMode,
      AttributeDefinitions: [
        { AttributeName: partitionKey, AttributeType: "S" },
        { AttributeName: sortKey, AttributeType: "S" },
      ],
      KeySchema: [
        { AttributeName: partitionKey, KeyType: "HASH" },
        { AttributeName: sortKey, KeyType: "RANGE" },
      ],
    }),
  );
  await sdk.waitUntilTableExists({ client, maxWaitTime: 120, minDelay: 1 }, { TableName: table });
  await client.send(
    new sdk.UpdateTimeToLiveCommand({
      TableName: table,
      TimeToLiveSpecification: { AttributeName: timeToLive, Enabled: true },
    }),
  );
  await client.send(
    new sdk.UpdateContinuousBackupsCommand({
      TableName: table,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: pointInTimeRecovery },
    }),
  );
}
