import { brokenHead, maxHead } from "./grammar.ts";

/** A read up to this size is made text as a whole; beyond it most is body. */
const smallRead = 4 * 1024;
const headEnd = "\r\n\r\n";

/** The read was all head, and more has to come. */
export const headIncomplete = -1;
/** Whatever comes, this will be no head. */
export const headBroken = -2;

/** Collects the bytes of a head, over as many reads as it takes, each looked at once, and checks them. */
export class HeadReader {
  /** Where in the text that `take` gives the head ends. */
  length = 0;
  readonly #grammar: RegExp;
  #text = "";
  /** The end of what has been looked at, where an end of the head may have begun. */
  #tail = "";

  /** @param grammar of the head that a text begins with, sticky */
  constructor(grammar: RegExp) {
    this.#grammar = grammar;
  }

  /** Whether bytes of a head have come in, but not all. */
  get isPartial(): boolean {
    return this.#text !== "";
  }

  /**
   * @param at where in `buffer` the head begins or goes on
   * @param to where what was read ends
   * @returns where the body begins, `headIncomplete` or `headBroken`; in the first case `take` gives the head
   */
  read(buffer: Buffer, at: number, to: number): number {
    const text = textOf(buffer, at, to);
    // Almost always all of it, so that nobody has to look for its end before.
    if (this.#text === "" && this.#isHead(text)) return at + this.length;
    const window = this.#tail + text;
    const found = window.indexOf(headEnd);
    if (found === -1) return this.#keep(text, window);
    const taken = found + headEnd.length - this.#tail.length;
    this.#tail = "";
    return this.#isHead(this.#text + text.slice(0, taken)) ? at + taken : headBroken;
  }

  /** @returns the complete head, its empty line included, and what has come behind it in the same read, as far as that is text already */
  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }

  /** Takes a text that begins with a whole head. */
  #isHead(text: string): boolean {
    this.#grammar.lastIndex = 0;
    if (!this.#grammar.test(text) || this.#grammar.lastIndex > maxHead) return false;
    this.#text = text;
    this.length = this.#grammar.lastIndex;
    return true;
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

function textOf(buffer: Buffer, at: number, to: number): string {
  if (to - at <= smallRead) return buffer.toString("latin1", at, to);
  // One byte beyond the limit is enough to see that it is passed.
  const bytes = buffer.subarray(at, Math.min(to, at + maxHead + 1));
  const end = bytes.indexOf(headEnd, 0, "latin1");
  return bytes.toString("latin1", 0, end === -1 ? bytes.length : end + headEnd.length);
}
