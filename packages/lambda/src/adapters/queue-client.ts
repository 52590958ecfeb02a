// Apart, so that the queue's client is a chunk of its own.
export { createSqsQueue } from "@pergola/aws";
