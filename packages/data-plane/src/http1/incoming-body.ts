import type { BodySink } from "../exchange.ts";
import { type BodyReader, requestBody } from "./body-reader.ts";
import { bodyBroken, type PieceTaker } from "./chunk-decoder.ts";
import type { Http1Exchange } from "./http1-exchange.ts";

/** The body that comes in on a connection, on the way to whoever takes it; when nobody does any more, it is dropped. */
export class IncomingBody implements PieceTaker {
  /** Who takes it can take no more for now. */
  isHeldUp = false;
  #reader: BodyReader | undefined;
  #owner: Http1Exchange | undefined;
  /** Who has got what came in last. */
  #lastSink: BodySink | undefined;

  /** Expects the body of a request that has one. */
  begin(owner: Http1Exchange): void {
    this.#reader = requestBody(owner.contentLength);
    this.#owner = owner;
  }

  /** Whether a body, or the rest of one, has still to come. */
  get isComing(): boolean {
    return this.#reader !== undefined;
  }

  /** Whether nobody has said yet who takes it. */
  get isUnopened(): boolean {
    return this.#owner?.sink === undefined && this.#owner?.hasEnded === false;
  }

  isOf(exchange: Http1Exchange): boolean {
    return this.#owner === exchange;
  }

  /** @returns whether what came since `beginRead` has all been passed on: nobody reads its memory any more */
  get isPassedOn(): boolean {
    return this.#lastSink?.holdsBody === false;
  }

  /** Forgets who has got what came before. */
  beginRead(): void {
    this.#lastSink = undefined;
  }

  /** @returns where in `chunk` what was read ends, or `bodyBroken`: then the body is still somebody's, see `leave` */
  read(chunk: Buffer, at: number): number {
    const reader = this.#reader as BodyReader;
    const end = reader.read(chunk, at, this);
    if (end !== bodyBroken && reader.isDone) this.#end();
    return end;
  }

  takePiece(piece: Buffer): void {
    const owner = this.#owner;
    if (owner === undefined) return;
    owner.bodyBytesReceived += piece.length;
    this.#lastSink = owner.sink;
    if (owner.sink?.takeBody(piece) === false) this.isHeldUp = true;
  }

  /** @returns whose body it was, of which no more comes */
  leave(): Http1Exchange | undefined {
    const owner = this.#owner;
    this.#reader = undefined;
    this.#owner = undefined;
    this.isHeldUp = false;
    return owner;
  }

  #end(): void {
    const owner = this.leave();
    if (owner === undefined) return;
    owner.isBodyComplete = true;
    owner.sink?.endBody();
  }
}
