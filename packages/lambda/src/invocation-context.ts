/** What the runtime tells a handler of its invocation, as far as the entries ask. */
export interface InvocationContext {
  readonly awsRequestId: string;
  /** With the alias or version that was asked for. */
  readonly invokedFunctionArn: string;
  /** Milliseconds until Lambda ends the invocation. */
  getRemainingTimeInMillis(): number;
}
