/** Room for a small response, or for a good part of a large one; one for each connection, used again for each read. */
const usualSize = 64 * 1024;
/** Room on connections that have filled that: a quarter of the system calls, while few connections need the memory. */
const largeSize = 256 * 1024;

/** The memory that a connection reads into: the same for each read, unless somebody still reads what came with the last one. */
export class ReadMemory {
  /** What came with the last read is still in use. */
  isHeld = false;
  #buffer: Buffer<ArrayBuffer> | undefined;
  #size = usualSize;

  /** @returns where the next read may write */
  next(): Buffer {
    if (this.#buffer === undefined || this.isHeld) {
      this.isHeld = false;
      this.#buffer = Buffer.allocUnsafeSlow(this.#size);
    }
    return this.#buffer;
  }

  /**
   * Has more room from the next read on, where this one has filled its memory.
   * @param length bytes that were read into `buffer`
   */
  noteRead(length: number, buffer: Buffer): void {
    if (length === usualSize && this.#size === usualSize && buffer.length === usualSize) this.#resize(largeSize);
  }

  /** The response is over: the next one may be small. */
  reset(): void {
    if (this.#size !== usualSize) this.#resize(usualSize);
  }

  /**
   * Gives the memory back. To be called once the connection is closed, not before: the system writes to it until then. Left to the
   * collector, that of clients that go away in the middle of their requests makes it mark the whole heap for every 500 of them.
   */
  release(): void {
    if (!this.isHeld) this.#buffer?.buffer.transfer(0);
    this.#buffer = undefined;
  }

  #resize(size: number): void {
    this.#size = size;
    this.#buffer = undefined;
  }
}
