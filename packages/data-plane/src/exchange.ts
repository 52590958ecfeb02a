import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { RequestHead } from "@pergola/core";
import type { AwsPrincipal } from "@pergola/iam";
import type { HeaderSection } from "./http1/header-section.ts";

/** The client's connection, as the host sees it. */
export interface ClientConnection {
  readonly listenerPort: number;
  /** IPv4 where an IPv4 client came over an IPv6 socket. */
  readonly peerAddress: string;
  readonly peerPort: number;
  /** Absent on plain TCP. */
  readonly tls?: TlsFacts;
}

export interface TlsFacts {
  /** SNI in lower case. */
  readonly serverName: string;
  readonly version: string;
  readonly cipher: string;
}

/** Where a request body goes without a stream in between. */
export interface BodySink {
  /**
   * @param chunk the sink's from now on
   * @returns false when the sink is slower than the client: it calls `resumeBody` when it can take more
   */
  takeBody(chunk: Buffer): boolean;
  /** Whether chunks that it was given are still in use; true where it is not known. */
  readonly holdsBody?: boolean;
  /** @param trailers names and values in turn; only of clients that announced them by a Trailer header */
  endBody(trailers?: readonly string[]): void;
  /** The client is gone before the end of the body, or has broken its framing. */
  breakBody?(): void;
}

/**
 * Who works on a response. An object, and no functions: two closures a request, as long as V8 had not optimised them away, had a
 * quarter of all that was allocated survive its garbage collections, in half of all processes for good.
 */
export interface ExchangeWatcher {
  /** The client takes more of the response, after `write` or `end` said that it does not. */
  onDrain?(): void;
  /** Called once when the client goes away before its response is complete: whoever works on it can stop. */
  onClientGone(): void;
}

/**
 * One request and the way back to its client. Hosts implement it; the pipeline sees nothing else of HTTP servers, so that a host
 * can be node:http today and an own parser tomorrow.
 */
export interface Exchange {
  readonly head: RequestHead;
  readonly connection: ClientConnection;
  /** The caller, where what lies in front of the host has verified it already (a function URL with AWS_IAM). */
  readonly verifiedPrincipal?: AwsPrincipal | undefined;
  /** Bytes of the request body; -1 when it is chunked; 0 when there is none. */
  readonly contentLength: number;
  /** Bytes of body that have come in so far. */
  readonly bodyBytesReceived: number;
  /** Bytes of the response so far, its head included. */
  readonly bytesSent: number;
  /** Whether the response's head has been sent. */
  readonly responded: boolean;
  /** The request body. At most once; asks a client that waits for `100 Continue` to send it. Drops what stays unread. */
  openBody(): Readable;
  /** In place of `openBody`, where the host can. After an error or the client's end nothing more comes: see `ExchangeWatcher`. */
  relayBody?(sink: BodySink): void;
  resumeBody?(): void;
  /** The head's lines, where it has been through the grammar of HTTP/1.1, so that they can be sent on as they are. */
  readonly section?: HeaderSection;
  /** The client waits for `100 Continue` before it sends its body: the target is asked, since it may refuse. */
  readonly awaitsContinue?: boolean;
  /** The client has said that trailers may follow its body. */
  readonly announcesTrailers?: boolean;
  /** Protocols that the client would rather speak, where the host can hand its connection over; not empty. */
  readonly upgrade?: readonly string[] | undefined;
  /**
   * Ends HTTP: sends a 101, and from then on what either side sends goes to the other one, until the call is finished.
   * @param rawHeaders names and values in turn, those of the upgrade among them
   * @param target nobody else listens to it any more
   * @param first what the target has sent behind its head
   */
  openTunnel?(rawHeaders: readonly string[], target: Socket, first: Buffer): void;
  /** Sends an interim response, where the client knows of any. */
  inform?(status: number, rawHeaders: readonly string[]): void;
  /**
   * Sends the response's head; it may wait for the first `write` or `end` to leave with it. Write nothing to push it out.
   * @param rawHeaders names and values in turn; framing comes from a Content-Length among them, else the host frames
   * @param hasTrailers whether the response may end in trailers; hosts without `endWithTrailers` have none
   */
  respond(status: number, rawHeaders: string[], hasTrailers?: boolean): void;
  /**
   * As `respond`, where the host can, for header lines that are text already.
   * @param lines each with its line break, without any that frame the body but Content-Length
   * @param length the Content-Length among them, -1 without
   */
  respondLines?(status: number, lines: string, length: number, hasDate: boolean): void;
  /** @returns false when the client is slower than the target: wait for `onDrain` of the watcher */
  write(chunk: Uint8Array): boolean;
  /** Whether the memory of what was written may still be read; true where it is not known. */
  readonly holdsWritten?: boolean;
  end(chunk?: Uint8Array): void;
  /** As `end`, where the host can, for what is text already. @param text Latin-1 */
  endText?(text: string): void;
  /** @param trailers names and values in turn; only after a `respond` that announced them */
  endWithTrailers?(trailers: readonly string[]): void;
  /** Cuts the connection, so that a client cannot take an incomplete response for a complete one. */
  cut(): void;
  /** The connection is closed when nothing moves for this long. */
  setIdleTimeout(milliseconds: number): void;
  /** True once the client has gone before its response was complete. */
  readonly isClientGone: boolean;
  /** Who works on the response, as long as somebody does. */
  watcher: ExchangeWatcher | undefined;
}
