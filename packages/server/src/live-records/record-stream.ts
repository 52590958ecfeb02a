import { Readable } from "node:stream";
import type { AccessRecord } from "@pergola/core";

/** Bytes that wait for a slow reader; records beyond it are dropped for this reader, and counted. */
const maxWaiting = 1024 * 1024;
/** Milliseconds between lines that say nothing, so that whoever is in between does not take the connection for dead. */
const heartbeatMs = 10_000;

/**
 * Access records as lines of JSON: `{"record":…}`, `{"live":true}` where the past ends, and `{"dropped":n}` in the place of records
 * that the reader was too slow for. Never waits for its reader.
 */
export class RecordStream extends Readable {
  #dropped = 0;
  #isOver = false;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #onGone: () => void;

  /** @param onGone called once, when nothing can be pushed any more */
  constructor(onGone: () => void) {
    super({ highWaterMark: maxWaiting });
    this.#onGone = onGone;
    this.#heartbeat = setInterval(() => this.#pushLine(""), heartbeatMs).unref();
  }

  add(record: AccessRecord): void {
    if (this.#pushDropped()) this.#pushLine(JSON.stringify({ record })) || this.#drop();
    else this.#drop();
  }

  /** All that is asked for from now on happens from now on. */
  goLive(): void {
    this.#pushLine('{"live":true}');
  }

  /** Ends it for its reader, too. */
  end(): void {
    this.#leave();
    this.push(null);
  }

  #drop(): void {
    this.#dropped += 1;
  }

  #pushDropped(): boolean {
    if (this.#dropped === 0) return true;
    if (!this.#pushLine(JSON.stringify({ dropped: this.#dropped }))) return false;
    this.#dropped = 0;
    return true;
  }

  /** @returns whether there was room for it */
  #pushLine(line: string): boolean {
    if (this.#isOver || this.readableLength + line.length > maxWaiting) return false;
    this.push(`${line}\n`);
    return true;
  }

  override _read(): void {
    this.#pushDropped();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#leave();
    done(error);
  }

  #leave(): void {
    this.#isOver = true;
    clearInterval(this.#heartbeat);
    this.#onGone();
  }
}
