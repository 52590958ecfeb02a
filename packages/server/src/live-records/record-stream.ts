import { Readable } from "node:stream";
import type { RecordReader } from "./live-records.ts";

/** Characters that wait for a slow reader; records beyond it are dropped for this reader, and counted. */
const maxWaiting = 1024 * 1024;
/** Milliseconds between lines that say nothing, so that whoever is in between does not take the connection for dead. */
const heartbeatMs = 10_000;

/**
 * Access records as lines of JSON: `{"record":…}`, `{"live":true}` where the past ends, and `{"dropped":n}` in the place of records
 * that the reader was too slow for. Never waits for its reader.
 */
export class RecordStream extends Readable implements RecordReader {
  /** What is not written yet of the past; undefined once it is. */
  #past: Iterator<string> | undefined;
  /** Lines that came meanwhile, and their size. */
  #early: string[] = [];
  #earlySize = 0;
  #dropped = 0;
  #isEnding = false;
  #isOver = false;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #onGone: () => void;

  /** @param onGone called once, when nothing can be pushed any more */
  constructor(onGone: () => void) {
    super({ highWaterMark: 64 * 1024 });
    this.#onGone = onGone;
    this.#heartbeat = setInterval(() => this.#write("\n"), heartbeatMs).unref();
  }

  begin(past: Iterable<string>): void {
    this.#past = past[Symbol.iterator]();
    this.#writePast();
  }

  add(json: string): void {
    const line = `{"record":${json}}\n`;
    if (!this.#writeDropped() || !this.#write(line)) this.#dropped += 1;
  }

  lose(count: number): void {
    this.#dropped += count;
    this.#writeDropped();
  }

  /** Ends it for its reader, too, when that has the past. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    if (this.#past === undefined) this.#close();
  }

  #writePast(): void {
    while (this.#past !== undefined) {
      const { done, value } = this.#past.next();
      if (done !== true) {
        if (!this.push(`{"record":${value}}\n`)) return;
        continue;
      }
      this.#past = undefined;
      this.push('{"live":true}\n');
      for (const line of this.#early.splice(0)) this.push(line);
      this.#earlySize = 0;
      if (this.#isEnding) this.#close();
    }
  }

  /** @returns false as long as more than half of what can wait does: a line for each single record would tell nothing */
  #writeDropped(): boolean {
    if (this.#dropped === 0) return true;
    if (this.readableLength + this.#earlySize > maxWaiting / 2) return false;
    if (!this.#write(`{"dropped":${this.#dropped}}\n`)) return false;
    this.#dropped = 0;
    return true;
  }

  /** @returns whether there was room for it */
  #write(line: string): boolean {
    if (this.#isOver || this.readableLength + this.#earlySize + line.length > maxWaiting) return false;
    if (this.#past === undefined) this.push(line);
    else {
      this.#early.push(line);
      this.#earlySize += line.length;
    }
    return true;
  }

  override _read(): void {
    this.#writePast();
    this.#writeDropped();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#leave();
    done(error);
  }

  #close(): void {
    if (this.#dropped > 0) this.push(`{"dropped":${this.#dropped}}\n`);
    this.#leave();
    this.push(null);
  }

  #leave(): void {
    this.#isOver = true;
    this.#past = undefined;
    clearInterval(this.#heartbeat);
    this.#onGone();
  }
}
