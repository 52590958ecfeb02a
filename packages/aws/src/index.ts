// `export *`, not names: esbuild keeps a file that re-exports names, and with it whatever the file imports, in every start that
// takes one of them.
export type { AwsConnection } from "./aws-connection.ts";
export * from "./dynamodb/create-table.ts";
export * from "./dynamodb/dynamo-store.ts";
export * from "./dynamodb/light-reader.ts";
export { tableDefinition } from "./dynamodb/table-definition.ts";
export * from "./kms-keyring.ts";
export * from "./lambda-endpoint-invoker.ts";
export * from "./sinks/aws-sinks.ts";
export { DestinationError } from "./sinks/destination-error.ts";
export * from "./sqs-record-queue.ts";
export * from "./sts-verifier.ts";
export * from "./targets/aws-target-directory.ts";
