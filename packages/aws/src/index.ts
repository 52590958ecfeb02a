export { createDynamoTable } from "./dynamodb/create-table.ts";
export type { DynamoClientOptions } from "./dynamodb/dynamo-client.ts";
export { createDynamoStore, type DynamoStore, type DynamoStoreOptions } from "./dynamodb/dynamo-store.ts";
export { tableDefinition } from "./dynamodb/table-definition.ts";
export { createLambdaInvoker, type LambdaInvokerOptions } from "./lambda-endpoint-invoker.ts";
