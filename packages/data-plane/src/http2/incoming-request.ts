import type { Readable } from "node:stream";
import type { RequestHead } from "@pergola/core";
import { headerValue } from "@pergola/core";
import type { BodySink, ClientConnection } from "../exchange.ts";
import { BodyStream } from "../http1/body-stream.ts";
import type { HeaderSection } from "../http1/header-section.ts";
import { errorCode } from "./frames/frame-types.ts";
import type { HeaderDecoder } from "./hpack/header-decoder.ts";
import type { Link } from "./link/link.ts";
import { Stream } from "./link/stream.ts";
import type { Http2RequestHead } from "./request-head.ts";
import { trailersOf } from "./trailers.ts";

/** What a request needs of its connection. */
export interface RequestHost {
  readonly client: ClientConnection;
  /** Milliseconds of the monotonic clock, as exact as deadlines need. */
  readonly now: number;
  /** A part of what the connection is reading has gone to a sink. */
  onPassed(sink: BodySink): void;
}

/** A client's request on its stream: the head as it was read, and the body as it comes. */
export abstract class IncomingRequest<Host extends RequestHost> extends Stream {
  readonly head: RequestHead;
  readonly section: HeaderSection;
  readonly connection: ClientConnection;
  readonly contentLength: number;
  readonly awaitsContinue: boolean;
  bodyBytesReceived = 0;
  responded = false;
  /** When something last moved on it. */
  protected activeAt: number;
  protected readonly host: Host;
  #sink: BodySink | undefined = undefined;
  /** What has come before anybody wanted it. */
  #early: Buffer[] | undefined = undefined;
  #trailers: readonly string[] | undefined = undefined;

  /** @param isBodyless whether the request's head ends its stream */
  constructor(id: number, link: Link, read: Http2RequestHead, isBodyless: boolean, host: Host) {
    super(id, link);
    this.head = read.head;
    this.section = read.section;
    this.connection = host.client;
    this.contentLength = read.contentLength;
    this.awaitsContinue = read.expects !== undefined && read.contentLength !== 0;
    this.isRemoteEnded = isBodyless;
    this.activeAt = host.now;
    this.host = host;
  }

  get announcesTrailers(): boolean {
    return headerValue(this.head.rawHeaders, "trailer") !== undefined;
  }

  openBody(): Readable {
    const stream = new BodyStream(this);
    this.relayBody(stream);
    return stream;
  }

  relayBody(sink: BodySink): void {
    if (this.isReset) {
      sink.breakBody?.();
      return;
    }
    if (this.awaitsContinue && !this.responded) this.sendHeaders(100, nothing, false);
    this.#sink = sink;
    const early = this.#early;
    this.#early = undefined;
    let wantsMore = true;
    for (const chunk of early ?? []) wantsMore = sink.takeBody(chunk);
    if (this.isRemoteEnded) sink.endBody(this.#trailers);
    else if (wantsMore) this.readMore();
  }

  resumeBody(): void {
    this.activeAt = this.host.now;
    this.readMore();
  }

  protected takeData(chunk: Buffer, endStream: boolean): boolean {
    this.activeAt = this.host.now;
    this.bodyBytesReceived += chunk.length;
    if (!this.#isLengthRight(endStream)) return true;
    const sink = this.#sink;
    if (sink === undefined) {
      this.#early ??= [];
      this.#early.push(chunk);
      this.host.onPassed(keeper);
      return false;
    }
    const wantsMore = chunk.length === 0 || sink.takeBody(chunk);
    this.host.onPassed(sink);
    if (endStream) sink.endBody(this.#trailers);
    return wantsMore;
  }

  /** What is longer or shorter than it says it is must not look to a target like a whole body. RFC 9113 §8.1.1. */
  #isLengthRight(isComplete: boolean): boolean {
    if (this.contentLength === -1) return true;
    const { bodyBytesReceived: received, contentLength } = this;
    if (isComplete ? received === contentLength : received <= contentLength) return true;
    this.#blame(errorCode.protocol);
    return false;
  }

  /** Trailers: nothing else may come behind a request's head. */
  takeHeaders(block: HeaderDecoder, endStream: boolean): void {
    const trailers = block.isTooLarge || !endStream ? undefined : trailersOf(block.fields);
    if (trailers === undefined) {
      this.#blame(block.isTooLarge ? errorCode.enhanceYourCalm : errorCode.protocol);
      return;
    }
    if (!this.#isLengthRight(true)) return;
    if (this.announcesTrailers) this.#trailers = trailers;
    this.#sink?.endBody(this.#trailers);
  }

  /** Breaks the stream off for what the client has sent. */
  #blame(code: number): void {
    this.link.sendReset(this.id, code, !this.isRemoteEnded);
    this.receiveReset(code);
  }

  /** Nobody is given what still comes. @returns who was, until now */
  protected dropBody(): BodySink | undefined {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#early = undefined;
    return sink;
  }
}

/** For those who keep what they are given. */
const keeper: BodySink = { takeBody: () => false, endBody: () => undefined };
const nothing: readonly string[] = [];
