// Apart, so that the SDK's client is a chunk of its own.
export { createDynamoStore } from "@pergola/aws";
