/** What the runtime tells a handler of its invocation, as far as the entries ask. */
export interface InvocationContext {
  /** Milliseconds until Lambda ends the invocation. */
  getRemainingTimeInMillis(): number;
}
