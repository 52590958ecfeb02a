/** What passes between the server and the thread of a function. Payloads are JSON text: strings cross threads cheaply. */

export interface WorkerStart {
  readonly file: string;
  readonly functionName: string;
  readonly memoryMb: number;
  readonly maxResponseBytes: number;
}

export interface Invocation {
  readonly requestId: string;
  readonly functionArn: string;
  readonly payload: string;
  readonly timeoutMs: number;
}

/** A file as it was when the thread read it. */
export interface LoadedFile {
  readonly path: string;
  readonly stamp: string;
}

export type WorkerMessage =
  | { readonly kind: "ready" }
  /** The module cannot be loaded or exports no handler; the thread is of no use. */
  | { readonly kind: "broken"; readonly error: string }
  | { readonly kind: "loaded"; readonly file: LoadedFile }
  | { readonly kind: "result"; readonly requestId: string; readonly payload: string; readonly failed: boolean };
