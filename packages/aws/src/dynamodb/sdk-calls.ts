import type { DynamoDBClient, TransactWriteItemsInput } from "@aws-sdk/client-dynamodb";
import type { Attributes } from "./attributes.ts";
import type {
  BatchGetItemInput,
  BatchGetItemOutput,
  GetItemInput,
  QueryInput,
  QueryOutput,
  ReadCalls,
} from "./read-calls.ts";

/** The requests of the whole store, by AWS's client. */
export interface SdkCalls extends ReadCalls {
  putItem(input: { readonly TableName: string; readonly Item: Attributes }, signal: AbortSignal): Promise<unknown>;
  transactWriteItems(input: TransactWriteItemsInput, signal: AbortSignal): Promise<unknown>;
}

/** @param open gives the client; asked for it at every call, so it has to keep it */
export function sdkCalls(open: () => Promise<DynamoDBClient>): SdkCalls {
  const sdk = () => import("@aws-sdk/client-dynamodb");
  return {
    async getItem(input: GetItemInput, abortSignal) {
      const [client, { GetItemCommand }] = await Promise.all([open(), sdk()]);
      const { Item } = await client.send(new GetItemCommand(input), { abortSignal });
      return { Item: Item as Attributes | undefined };
    },
    async batchGetItem(input: BatchGetItemInput, abortSignal) {
      const [client, { BatchGetItemCommand }] = await Promise.all([open(), sdk()]);
      return (await client.send(new BatchGetItemCommand(input), { abortSignal })) as BatchGetItemOutput;
    },
    async query(input: QueryInput, abortSignal) {
      const [client, { QueryCommand }] = await Promise.all([open(), sdk()]);
      return (await client.send(new QueryCommand(input), { abortSignal })) as QueryOutput;
    },
    async putItem({ TableName, Item }, abortSignal) {
      const [client, { PutItemCommand }] = await Promise.all([open(), sdk()]);
      return client.send(new PutItemCommand({ TableName, Item: Item as never }), { abortSignal });
    },
    async transactWriteItems(input, abortSignal) {
      const [client, { TransactWriteItemsCommand }] = await Promise.all([open(), sdk()]);
      return client.send(new TransactWriteItemsCommand(input), { abortSignal });
    },
  };
}
