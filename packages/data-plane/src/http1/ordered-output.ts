import type { Socket } from "node:net";
import type { TurnWriter } from "./turn-writer.ts";

const nothing = Buffer.alloc(0);

/**
 * The client's side of one response. Responses leave in the order of their requests: until it is a response's turn, what is
 * written is kept, and its writer told to wait.
 */
export class OrderedOutput {
  readonly #socket: Socket;
  readonly #writer: TurnWriter;
  #kept: (string | Uint8Array)[] | undefined;
  #holds = 0;

  /** @param writer the connection's, shared by all its responses */
  constructor(socket: Socket, writer: TurnWriter, hasTurn: boolean) {
    this.#socket = socket;
    this.#writer = writer;
    this.#kept = hasTurn ? undefined : [];
  }

  get hasTurn(): boolean {
    return this.#kept === undefined;
  }

  get isDestroyed(): boolean {
    return this.#socket.destroyed;
  }

  /** Whether memory that was written is still in use. */
  get holdsWritten(): boolean {
    return this.#kept !== undefined || this.#socket.writableLength > 0;
  }

  /** @param text Latin-1 */
  writeText(text: string): boolean {
    if (this.#kept === undefined) {
      return this.#holds > 0 ? this.#socket.write(text, "latin1") : this.#writer.later(text);
    }
    this.#kept.push(text);
    return false;
  }

  writeBytes(bytes: Uint8Array): boolean {
    if (this.#kept === undefined) {
      this.#writer.flush();
      return this.#socket.write(bytes);
    }
    this.#kept.push(bytes);
    return false;
  }

  /** What is written until as many calls of `release` leaves in one system call, at once. */
  hold(): void {
    if (this.#kept !== undefined) return;
    this.#writer.flush();
    this.#holds += 1;
    this.#socket.cork();
  }

  release(): void {
    if (this.#kept !== undefined) return;
    this.#holds -= 1;
    this.#socket.uncork();
  }

  /** The responses before this one are over. */
  takeTurn(): void {
    const kept = this.#kept;
    if (kept === undefined) return;
    this.#kept = undefined;
    this.#writer.flush();
    this.#socket.cork();
    for (const part of kept) {
      if (typeof part === "string") this.#socket.write(part, "latin1");
      else this.#socket.write(part);
    }
    this.#socket.uncork();
  }

  /** Whether nothing waits for the end of the turn. */
  get isWritten(): boolean {
    return !this.#writer.isWaiting;
  }

  /** Whether all that was written is with the system. */
  get isSent(): boolean {
    return this.#socket.writableLength === 0 && !this.#socket.destroyed;
  }

  /** @param done called once all that was written is with the system, or with an error when it cannot get there any more */
  whenSent(done: (error?: Error | null) => void): void {
    this.#socket.write(nothing, done);
  }
}
