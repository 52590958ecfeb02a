import { createRequestHandler, failures, type RequestHandler, type RequestPorts } from "@pergola/data-plane";
import { EventExchange, type EventOutput } from "./events/event-exchange.ts";
import type { EventRequest } from "./events/event-request.ts";
import type { InvocationContext } from "./invocation-context.ts";
import type { RecordOutbox } from "./records/record-outbox.ts";
import type { InvocationTracing } from "./tracing/invocation-tracing.ts";

export interface RouterPorts extends Omit<RequestPorts, "recent" | "tracing"> {
  readonly records: RecordOutbox;
  /** Absent: trace context goes through as the client sent it. */
  readonly tracing?: InvocationTracing;
  /** Milliseconds for which configuration counts as fresh. */
  readonly configurationTtl: number;
}

/** A request that is being answered. */
export interface Answering {
  /** As in the access record. */
  readonly requestId: string;
  /** Resolves when nothing more will be written to the output. */
  readonly ended: Promise<void>;
  /**
   * The response could not be passed on whole, though the target gave it: the record says so. Before `finish`.
   * @param isBegun whether the client has its status already; else it gets a 502
   */
  reject(isBegun: boolean): void;
  /** Records the request and hands record and span over. Once, after `ended`; never rejects. */
  finish(): Promise<void>;
}

export interface Router {
  /** Answers a request in any case. */
  answer(request: EventRequest, output: EventOutput, context: InvocationContext): Promise<Answering>;
}

/** Connections that were idle for so long may be dead: while the environment is frozen, nobody hears of their end. Milliseconds. */
const maxPause = 5_000;
/** How long an invocation waits for configuration that it has no use for itself, so that the next finds it fresh. Milliseconds. */
const maxSettling = 200;
/** What an invocation needs after its answer, for record and span. Milliseconds. */
const reserve = 1_500;

/** The data plane as Lambda runs it: one request at a time, and nothing between requests. */
export function createRouter(ports: RouterPorts): Router {
  const { configurationTtl, ...requestPorts } = ports;
  const { records, tracing } = ports;
  const handler = createRequestHandler(requestPorts, { configurationTtl });
  const settle = settling(handler);
  let lastActive = Date.now();
  return {
    async answer(request, output, context) {
      if (Date.now() - lastActive > maxPause) await handler.disconnectTargets();
      const exchange = new EventExchange(request, output);
      tracing?.begin(context);
      const call = handler.handle(exchange);
      const timer = setTimeout(() => expire(exchange, call), Math.max(0, context.getRemainingTimeInMillis() - reserve));
      return {
        requestId: call.requestId,
        ended: exchange.ended.finally(() => clearTimeout(timer)),
        reject(isBegun) {
          const { status } = call.fail("targetProtocol");
          if (!isBegun) call.status = status;
        },
        async finish() {
          handler.finish(call);
          await Promise.all([records.flush(), settle(), tracing?.flush()]);
          lastActive = Date.now();
        },
      };
    },
  };
}

/**
 * @returns a function that waits for what is being read; not again for what did not come the last time: while the store is away, each
 * invocation would wait, and the client of a buffered response with it
 */
function settling(handler: RequestHandler): () => Promise<void> {
  let late = false;
  return async () => {
    if (late) return;
    late = true;
    const settled = handler.settled().then(() => {
      late = false;
    });
    await Promise.race([settled, pause(maxSettling)]);
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds).unref());
}

/** Lambda would end the process, without an answer and without a record. */
function expire(exchange: EventExchange, call: ReturnType<RequestHandler["handle"]>): void {
  const { status, text } = call.fail("targetTimeout");
  const hadResponded = exchange.responded;
  if (!hadResponded) {
    call.status = status;
    exchange.respond(status, ["content-type", "text/plain; charset=utf-8", "x-amzn-requestid", call.requestId]);
    exchange.end(Buffer.from(`${text}\n`));
  }
  exchange.watcher?.onClientGone();
  if (hadResponded) exchange.cut();
}

/** Answers an event that no request could be read from, or whose caller could not. */
export function answerUnread(output: EventOutput, why: "malformed" | "unknown-caller" | "too-large"): void {
  const cause = (
    { malformed: "malformedRequest", "unknown-caller": "accessDenied", "too-large": "requestTooLarge" } as const
  )[why];
  const { status, text } = failures[cause];
  output.begin(status, ["content-type", "text/plain; charset=utf-8"], 0);
  output.write(Buffer.from(`${text}\n`));
  output.end();
}
