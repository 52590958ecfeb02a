import type { Attributes, ItemKey } from "./attributes.ts";

/** The three reads that the store is made of, each one request. Two clients offer them: the SDK's, and the light one. */
export interface ReadCalls {
  getItem(input: GetItemInput, signal: AbortSignal): Promise<{ readonly Item?: Attributes | undefined }>;
  batchGetItem(input: BatchGetItemInput, signal: AbortSignal): Promise<BatchGetItemOutput>;
  query(input: QueryInput, signal: AbortSignal): Promise<QueryOutput>;
}

export interface GetItemInput {
  readonly TableName: string;
  readonly Key: ItemKey;
  readonly ConsistentRead: true;
}

export interface BatchGetItemInput {
  readonly RequestItems: Record<string, { readonly Keys: ItemKey[]; readonly ConsistentRead: true }>;
}

export interface BatchGetItemOutput {
  readonly Responses?: Readonly<Record<string, readonly Attributes[]>> | undefined;
  readonly UnprocessedKeys?:
    | Readonly<Record<string, { readonly Keys?: readonly Attributes[] | undefined }>>
    | undefined;
}

export interface QueryInput {
  readonly TableName: string;
  readonly ConsistentRead: true;
  readonly KeyConditionExpression: string;
  readonly FilterExpression: string;
  readonly ExpressionAttributeValues: Record<string, { readonly S: string } | { readonly N: string }>;
  readonly Limit: number;
  readonly ExclusiveStartKey?: ItemKey;
}

export interface QueryOutput {
  readonly Items?: readonly Attributes[] | undefined;
  readonly LastEvaluatedKey?: Attributes | undefined;
}
