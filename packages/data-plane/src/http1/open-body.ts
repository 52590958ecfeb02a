import type { BodySink, Exchange } from "../exchange.ts";

/**
 * Lets a request's body go to a sink, past a stream where the host can.
 * @returns what asks for more after the sink was full
 */
export function openBody(exchange: Exchange, sink: BodySink): () => void {
  if (exchange.relayBody !== undefined) {
    exchange.relayBody(sink);
    return () => exchange.resumeBody?.();
  }
  const stream = exchange.openBody();
  stream.on("data", (chunk: Buffer) => {
    if (!sink.takeBody(chunk)) stream.pause();
  });
  stream.on("end", () => sink.endBody());
  // The host tells of a client that is gone by `ExchangeWatcher`.
  stream.on("error", () => undefined);
  return () => stream.resume();
}
