// Apart from `lambda-targets.ts`, so that the client is a chunk of its own that a router loads when a function is a target.
export { createLambdaInvoker } from "@pergola/aws";
