export type { AwsConnection } from "./aws-connection.ts";
export { createDynamoTable } from "./dynamodb/create-table.ts";
export { createDynamoStore, type DynamoStore, type DynamoStoreOptions } from "./dynamodb/dynamo-store.ts";
export { createLightDynamoReader, type LightReader, type LightReaderOptions } from "./dynamodb/light-reader.ts";
export { tableDefinition } from "./dynamodb/table-definition.ts";
export { createKmsKeyring, type KeyringTimes, type KmsKeyring, type KmsKeyringOptions } from "./kms-keyring.ts";
export { createLambdaInvoker, type LambdaInvokerOptions } from "./lambda-endpoint-invoker.ts";
export { type AwsSinks, createAwsSinks } from "./sinks/aws-sinks.ts";
export { DestinationError } from "./sinks/destination-error.ts";
export { createSqsQueue, type SqsQueue } from "./sqs-record-queue.ts";
export { createStsVerifier, type StsVerifierOptions } from "./sts-verifier.ts";
export {
  type AwsTargetDirectory,
  type AwsTargetDirectoryOptions,
  createAwsTargetDirectory,
} from "./targets/aws-target-directory.ts";
