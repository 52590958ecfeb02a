import { brokenHead, maxHead } from "./grammar.ts";

/** A chunk up to this size is made text as a whole; beyond it most is body. */
const smallChunk = 4 * 1024;
const headEnd = "\r\n\r\n";

/** The chunk was all head, and more has to come. */
export const headIncomplete = -1;
/** Whatever comes, this will be no head. */
export const headBroken = -2;

/** Collects the bytes of a head, over as many reads as it takes, each looked at once. */
export class HeadReader {
  #text = "";
  /** The end of what has been looked at, where an end of the head may have begun. */
  #tail = "";

  /** Whether bytes of a head have come in, but not all. */
  get isPartial(): boolean {
    return this.#text !== "";
  }

  /**
   * @param at where in `chunk` the head begins or goes on
   * @returns where the body begins, `headIncomplete` or `headBroken`; in the first case `take` gives the head
   */
  read(chunk: Buffer, at: number): number {
    const text = textOf(chunk, at);
    const window = this.#tail + text;
    const found = window.indexOf(headEnd);
    if (found === -1) return this.#keep(text, window);
    const taken = found + headEnd.length - this.#tail.length;
    this.#text += text.length === taken ? text : text.slice(0, taken);
    this.#tail = "";
    return this.#text.length > maxHead ? headBroken : at + taken;
  }

  /** @returns the complete head, its empty line included */
  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }

  #keep(text: string, window: string): number {
    this.#text += text;
    if (this.#text.length > maxHead || brokenHead.test(window)) return headBroken;
    const tail = window.slice(-3);
    // A line feed without the carriage return before it, which has been seen, would look like a bare one next time.
    this.#tail = tail.startsWith("\n") ? tail.slice(1) : tail;
    return headIncomplete;
  }
}

function textOf(chunk: Buffer, at: number): string {
  if (chunk.length - at <= smallChunk) return chunk.toString("latin1", at);
  const end = chunk.indexOf(headEnd, at, "latin1");
  // One byte beyond the limit is enough to see that it is passed.
  const most = Math.min(chunk.length, at + maxHead + 1);
  return chunk.toString("latin1", at, end === -1 ? most : Math.min(most, end + headEnd.length));
}
