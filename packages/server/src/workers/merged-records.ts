import type { RecordReader } from "../live-records/live-records.ts";
import type { RecordBatch, RecordLine } from "./record-lines.ts";

/** A record waits so long, in milliseconds, for earlier ones of other workers: they send every 50 ms. */
const orderMs = 150;
const tickMs = 50;
/** Characters that wait for their order; beyond it they go as they came. */
const maxWaiting = 4 * 1024 * 1024;

interface Waiting {
  readonly at: number;
  readonly arrivedAt: number;
  /** A record, or how many are missing. */
  readonly what: string | number;
}

/** Puts the records of several workers in the order in which they came. */
export class MergedRecords {
  readonly #reader: RecordReader;
  #waiting: Waiting[] = [];
  #characters = 0;
  #timer: NodeJS.Timeout | undefined;
  #hasBegun = false;

  constructor(reader: RecordReader) {
    this.#reader = reader;
  }

  /** @param past of each worker; what is added before waits for it @param limit so many of the last ones */
  begin(past: readonly RecordLine[], limit: number): void {
    const last = limit === 0 ? [] : past.toSorted((one, other) => one.at - other.at).slice(-limit);
    this.#reader.begin(last.map(({ json }) => json));
    this.#hasBegun = true;
    this.#schedule();
  }

  add({ lines, dropped }: RecordBatch): void {
    const arrivedAt = performance.now();
    let missing = dropped;
    for (const { at, json } of lines) {
      if (!this.#hasBegun && this.#characters > maxWaiting) {
        missing += 1;
        continue;
      }
      this.#waiting.push({ at, arrivedAt, what: json });
      this.#characters += json.length;
    }
    const last = lines.at(-1);
    if (missing > 0 && last !== undefined) this.#waiting.push({ at: last.at, arrivedAt, what: missing });
    this.#schedule();
  }

  /** Gives the reader all there is, and the end. */
  end(): void {
    this.#release(Number.POSITIVE_INFINITY);
    this.close();
    this.#reader.end();
  }

  /** For a reader that has left. */
  close(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #schedule(): void {
    if (!this.#hasBegun) return;
    if (this.#characters > maxWaiting) this.#release(Number.POSITIVE_INFINITY);
    else if (this.#waiting.length > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#release(performance.now() - orderMs);
        this.#schedule();
      }, tickMs);
    }
  }

  /** @param arrivedBy what came here until then has waited long enough, and all that is older than that */
  #release(arrivedBy: number): void {
    this.#waiting.sort((one, other) => one.at - other.at);
    const count = 1 + this.#waiting.findLastIndex(({ arrivedAt }) => arrivedAt <= arrivedBy);
    for (const { what } of this.#waiting.splice(0, count)) {
      if (typeof what === "number") this.#reader.lose(what);
      else {
        this.#characters -= what.length;
        this.#reader.add(what);
      }
    }
  }
}
