import type { Socket } from "node:net";
import { type TurnWriting, writeAtTurnEnd } from "../turn-end.ts";

/** Who hears of what has been written. */
export interface FlushWatcher {
  /** What waited for the end of the turn is with the socket, or lost with it. */
  onFlushed(): void;
}

/** Characters that wait at most: what is larger gains nothing by it. */
const maxPending = 64 * 1024;

/** Writes to one socket what is small at the end of the event loop's turn, together with everybody else's. Nothing waits longer. */
export class TurnWriter implements TurnWriting {
  readonly #socket: Socket;
  readonly #watcher: FlushWatcher | undefined;
  #pending = "";

  constructor(socket: Socket, watcher?: FlushWatcher) {
    this.#socket = socket;
    this.#watcher = watcher;
  }

  /** Whether something waits for the end of the turn. */
  get isWaiting(): boolean {
    return this.#pending !== "";
  }

  /**
   * @param text Latin-1; leaves behind what was given before
   * @returns false when the other end is slow: wait for the socket's `drain`
   */
  later(text: string): boolean {
    if (this.#pending === "") writeAtTurnEnd(this);
    this.#pending += text;
    if (this.#pending.length > maxPending) this.flush();
    return !this.#socket.writableNeedDrain;
  }

  /** Writes what waits. To be called before anything else is written to the socket. */
  flush(): void {
    const text = this.#pending;
    if (text === "") return;
    this.#pending = "";
    if (!this.#socket.destroyed) this.#socket.write(text, "latin1");
    this.#watcher?.onFlushed();
  }
}
