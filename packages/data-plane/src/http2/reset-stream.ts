import type { Http2Stream } from "node:http2";

/**
 * Resets a stream without ending it. Node's `close` and `destroy` call `end` first, and where nothing waits to be written the
 * other side gets an END_STREAM before the reset, or in its place: a response or an upload that was broken off would look like a
 * whole one.
 */
export function resetStream(stream: Http2Stream, code: number): void {
  stream.end = () => stream;
  stream.close(code);
}
