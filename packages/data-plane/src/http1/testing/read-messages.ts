import { createServer, request as httpRequest } from "node:http";
import type { Socket } from "node:net";
import { type Duplex, duplexPair } from "node:stream";
import { Call } from "../../call.ts";
import type { Exchange } from "../../exchange.ts";
import { createMetrics } from "../../metrics.ts";
import { withDefaults } from "../../ports.ts";
import { responseBody } from "../body-reader.ts";
import { bodyBroken } from "../chunk-decoder.ts";
import { Http1Connection } from "../client-connection.ts";
import type { CoarseClock } from "../coarse-clock.ts";
import { leadingResponse } from "../grammar.ts";
import { HeadReader, headBroken, headIncomplete } from "../head-reader.ts";
import { parseResponseHead } from "../response-head.ts";

/** A message that somebody has taken for complete. */
export interface Message {
  /** The request line in its parts, or the status. */
  readonly start: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets everything that is under way on in-memory streams come to rest. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 6; turns += 1) await turn();
}

/** @returns the requests that this package finds in bytes that come in these pieces, and what it answers */
export async function readOwn(pieces: readonly Uint8Array[]): Promise<{ messages: Message[]; answers: string }> {
  const [client, server] = duplexPair({ highWaterMark: 1 << 20 });
  const socket = Object.assign(server, { setTimeout: () => server }) as unknown as Socket;
  const messages: Message[] = [];
  let answers = "";
  client.on("error", () => undefined);
  client.on("data", (chunk: Buffer) => {
    answers += chunk.toString("latin1");
  });
  const clock = { now: 0, add: () => undefined, delete: () => undefined } as unknown as CoarseClock;
  const handle = (exchange: Exchange): Call => {
    void take(exchange, messages);
    return new Call(exchange, "id", new Date(0));
  };
  new Http1Connection(
    socket,
    { listenerPort: 80, peerAddress: "10.0.0.1", peerPort: 1 },
    {
      pipeline: { handle, finish: () => undefined },
      options: withDefaults({}),
      metrics: createMetrics(),
      clock,
    },
  );
  await feed(client, pieces);
  client.destroy();
  server.destroy();
  return { messages, answers };
}

async function take(exchange: Exchange, messages: Message[]): Promise<void> {
  const { method, target, protocol, rawHeaders } = exchange.head;
  let body = "";
  try {
    if (exchange.contentLength !== 0) {
      for await (const chunk of exchange.openBody()) body += (chunk as Buffer).toString("latin1");
    }
  } catch {
    // A body that is no body: the message does not count.
    return;
  }
  messages.push({ start: `${method} ${target} ${protocol}`, rawHeaders, body });
  exchange.respond(200, ["content-length", "0"]);
  exchange.end();
}

/** @returns the requests that Node's own parser, llhttp, finds in the same bytes */
export async function readByNode(pieces: readonly Uint8Array[]): Promise<Message[]> {
  const messages: Message[] = [];
  const server = createServer({ maxHeaderSize: 60 * 1024, requireHostHeader: false }, (request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString("latin1");
    });
    request.on("error", () => undefined);
    request.on("end", () => {
      const { method, url, httpVersion, rawHeaders } = request;
      messages.push({ start: `${method} ${url} HTTP/${httpVersion}`, rawHeaders, body });
      response.end();
    });
  });
  server.maxHeadersCount = 0;
  server.on("checkContinue", (request, response) => server.emit("request", request, response));
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
  // Left open, so that requests before the broken one are read to their end; the parser takes nothing more.
  server.on("clientError", () => undefined);
  const [client, serverSide] = duplexPair({ highWaterMark: 1 << 20 });
  client.on("error", () => undefined);
  serverSide.on("error", () => undefined);
  client.resume();
  server.emit("connection", serverSide);
  await feed(client, pieces);
  client.destroy();
  serverSide.destroy();
  return messages;
}

async function feed(client: Duplex, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) {
    if (client.destroyed) break;
    client.write(piece);
    await turn();
  }
  await settle();
}

/** @returns the response that this package finds, or undefined when there is none that is complete */
export function readOwnResponse(pieces: readonly Uint8Array[], isHead: boolean): Message | undefined {
  const reader = new HeadReader(leadingResponse);
  let read: ReturnType<typeof parseResponseHead>;
  let body: ReturnType<typeof responseBody> | undefined;
  let text = "";
  const taker = {
    takePiece: (piece: Buffer) => {
      text += piece.toString("latin1");
    },
  };
  for (const piece of pieces) {
    const chunk = Buffer.from(piece);
    let at = 0;
    while (at < chunk.length) {
      if (body === undefined) {
        at = reader.read(chunk, at, chunk.length);
        if (at === headIncomplete) break;
        if (at === headBroken) return undefined;
        read = parseResponseHead(reader.take(), reader.length, isHead);
        if (read === undefined || read.status === 101) return undefined;
        if (read.status < 200) continue;
        if (read.length === 0) return asMessage(read.status, read.section.rawHeaders, text);
        body = responseBody(read.length);
      } else {
        at = body.read(chunk, at, taker);
        if (at === bodyBroken) return undefined;
        if (body.isDone && read !== undefined) return asMessage(read.status, read.section.rawHeaders, text);
      }
    }
  }
  const isEnd = read?.length === Number.POSITIVE_INFINITY;
  return isEnd && read !== undefined ? asMessage(read.status, read.section.rawHeaders, text) : undefined;
}

function asMessage(status: number, rawHeaders: readonly string[], body: string): Message {
  return { start: String(status), rawHeaders, body };
}

/** @returns the response that Node's own parser finds in the same bytes, the connection ending behind them */
export async function readResponseByNode(pieces: readonly Uint8Array[], isHead: boolean): Promise<Message | undefined> {
  const [client, server] = duplexPair({ highWaterMark: 1 << 20 });
  client.on("error", () => undefined);
  server.on("error", () => undefined);
  server.resume();
  let message: Message | undefined;
  const sent = httpRequest({ createConnection: () => client, method: isHead ? "HEAD" : "GET", maxHeaderSize: 61_440 });
  sent.on("error", () => undefined);
  sent.on("response", (response) => {
    let body = "";
    response.on("error", () => undefined);
    response.on("data", (chunk: Buffer) => {
      body += chunk.toString("latin1");
    });
    response.on("end", () => {
      if (response.complete) message = asMessage(response.statusCode ?? 0, response.rawHeaders, body);
    });
  });
  sent.end();
  await feed(server, pieces);
  server.end();
  await settle();
  client.destroy();
  server.destroy();
  return message;
}
