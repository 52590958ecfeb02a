import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";

/** The router's two reads with AWS's client, and nothing else. */
const client = new DynamoDBClient({ endpoint: process.env.PERGOLA_AWS_ENDPOINT ?? "" });

async function read(owner: string, id: string): Promise<void> {
  const Key = { pk: { S: owner }, sk: { S: id } };
  const command = new GetItemCommand({ TableName: process.env.PERGOLA_TABLE, Key, ConsistentRead: true });
  const { Item } = await client.send(command);
  if (Item === undefined) throw new Error(`no item \`${owner} ${id}\``);
}

export async function handler(): Promise<{ statusCode: number }> {
  await read("snapshots/services", process.env.BENCH_SERVICE ?? "");
  await read("snapshots/networks", process.env.BENCH_NETWORK ?? "");
  return { statusCode: 404 };
}
