import { giveMemory, largeSize, lendMemory, type MemoryHolder, takeMemory, usualSize } from "./spare-memory.ts";

/**
 * The memory that a connection reads into: the same for each read, unless somebody still reads what came with the last one. Connections
 * that have filled it get more, as long as the response goes on: few have a large one at a time.
 */
export class ReadMemory {
  /** What came with the last read is still in use. */
  isHeld = false;
  #buffer: Buffer<ArrayBuffer> | undefined;
  #size = usualSize;
  /** What was held when the next read came. */
  #lent: Buffer<ArrayBuffer> | undefined;
  #isReturned = false;

  /** Whether somebody may still read what came before the last read. */
  get isLent(): boolean {
    return this.#lent !== undefined && !this.#isReturned;
  }

  /** Nobody reads any more what came before the last read: a response that its client takes slowly needs two memories, not one a read. */
  takeBack(): void {
    this.#isReturned = this.#lent !== undefined;
  }

  /** @returns where the next read may write */
  next(): Buffer {
    if (this.isHeld) this.#lend();
    if (this.#buffer !== undefined && this.#buffer.length !== this.#size) {
      giveMemory(this.#buffer);
      this.#buffer = undefined;
    }
    this.#buffer ??= takeMemory(this.#size);
    return this.#buffer;
  }

  #lend(): void {
    const returned = this.#isReturned ? this.#lent : undefined;
    this.#lent = this.#buffer;
    this.#buffer = returned;
    this.#isReturned = false;
    this.isHeld = false;
  }

  /**
   * Has more room from the next read on, where this one has filled its memory.
   * @param length bytes that were read into `buffer`
   */
  noteRead(length: number, buffer: Buffer): void {
    if (length === usualSize && buffer.length === usualSize) this.#size = largeSize;
  }

  /**
   * The response is over: the next one may be small.
   * @param holder who may still read what is held
   */
  reset(holder: MemoryHolder): void {
    if (this.#isReturned) giveMemory(this.#lent);
    else if (this.#lent !== undefined) lendMemory(this.#lent, holder);
    this.#lent = undefined;
    this.#isReturned = false;
    this.#size = usualSize;
    if (!this.isHeld) return;
    lendMemory(this.#buffer, holder);
    this.#buffer = undefined;
    this.isHeld = false;
  }

  /**
   * Gives the memory back. To be called once the connection is closed, not before: the system writes to it until then. Left to the
   * collector, that of clients that go away in the middle of their requests makes it mark the whole heap for every 500 of them.
   */
  release(): void {
    if (!this.isHeld) this.#buffer?.buffer.transfer(0);
    if (this.#isReturned) this.#lent?.buffer.transfer(0);
    this.#buffer = undefined;
    this.#lent = undefined;
    this.#isReturned = false;
  }
}
