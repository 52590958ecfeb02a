/** What a handler is given beside the event, in the names of Lambda's Node.js runtime. */
export interface FunctionContext {
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly awsRequestId: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  callbackWaitsForEmptyEventLoop: boolean;
  getRemainingTimeInMillis(): number;
}

type Callback = (error?: unknown, result?: unknown) => void;
export type Handler = (event: unknown, context: FunctionContext, callback: Callback) => unknown;

/**
 * Calls a handler of any style: async, returning a promise, or taking a callback as third parameter. A handler that takes a
 * callback and returns no promise is done when it calls back, as on Lambda.
 * @returns what the handler gives; rejects with what it throws or calls back as an error
 */
export function callHandler(handler: Handler, event: unknown, context: FunctionContext): Promise<unknown> {
  return new Promise((done, fail) => {
    const callback: Callback = (error, result) => {
      if (error === undefined || error === null) done(result);
      else fail(error);
    };
    const returned = handler(event, context, callback);
    if (isPromise(returned)) returned.then(done, fail);
    else if (handler.length < 3) done(returned);
  });
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
