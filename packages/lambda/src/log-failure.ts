import type { MiddlewareObj } from "@middy/core";
import { createJsonLogger } from "@pergola/core";

/** Middleware that writes down what escapes a handler, and lets it through: to Lambda, the invocation has failed. */
export function logFailure<Event, Result>(logger = createJsonLogger()): MiddlewareObj<Event, Result> {
  const logFailureOnError: MiddlewareObj<Event, Result>["onError"] = ({ error, context }) => {
    logger.error("the invocation failed", { requestId: context.awsRequestId, error });
  };
  return { onError: logFailureOnError };
}
