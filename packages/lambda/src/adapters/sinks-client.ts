// Apart, so that the clients of the log destinations are chunks of their own.
export { createAwsSinks } from "@pergola/aws";
