import type { Writable } from "node:stream";
import type { StreamedResponse } from "./events/streamed-output.ts";

/** What Lambda's runtime puts into the global scope. Source: Lambda developer guide, "Response streaming", read 2026-11. */
declare const awslambda: {
  streamifyResponse<H>(handler: H): H;
  readonly HttpResponseStream: { from(stream: Writable, prelude: object): Writable };
};

/** The parts of middy that an execution mode is made of; its own types leave them out. */
interface MiddyCore {
  middyRequest(event: unknown, context: unknown): { readonly event: unknown };
  runRequest(request: object, ...stacks: unknown[]): Promise<StreamedResponse>;
}
interface MiddyPlugin {
  requestStart(request: object): void;
  requestEnd(request: object): unknown;
}

/**
 * Middy's mode for streamed responses, with one difference: when a body breaks off, the response stream is left for the runtime to
 * end with its error. Middy's own mode destroys it, which AWS's runtime client (3.3.0) never gets over: the invocation hangs until its
 * timeout, and the next with it.
 */
export function streamingMode(
  { middyRequest, runRequest }: MiddyCore,
  before: unknown,
  handler: unknown,
  after: unknown,
  onError: unknown,
  plugin: MiddyPlugin,
): object {
  return awslambda.streamifyResponse(async (event: unknown, stream: Writable, context: unknown) => {
    const request = middyRequest(event, context);
    plugin.requestStart(request);
    const response = await runRequest(request, before, handler, after, onError, plugin);
    try {
      await send(response, stream);
    } finally {
      await plugin.requestEnd(request);
    }
  });
}

async function send({ body, ...prelude }: StreamedResponse, raw: Writable): Promise<void> {
  const stream = awslambda.HttpResponseStream.from(raw, prelude);
  // The prelude goes out with the first write: it does not wait for the body.
  stream.write("");
  await body.sendTo(stream);
}
